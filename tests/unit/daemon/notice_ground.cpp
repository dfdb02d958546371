#include "tests/unit/daemon/notice_ground.hpp"

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "daemon/work/work.hpp"

namespace tsb::test {

namespace asio = boost::asio;

NoticeGround::NoticeGround(const std::vector<ClusterConfig>& clusters, const NoticeConfig& notices)
    : ScheduleGround(clusters) {
    Config config = *service().config();
    config.notices = notices;
    service().set_config(std::move(config));
    notices_ = std::make_unique<Notices>(loop().get_executor(), service(), scheduler());
    service().jobs.before_end([this](Job& job) { return notices_->require_hooks(job); });
    service().jobs.on_end([this](const JobPointer& job) { notices_->tell(*job); });
}

/// Jobs end before the notices go, which they use.
NoticeGround::~NoticeGround() {
    fs.heal();
    scheduler().stop();
    service().stop();
    loop().restart();
    loop().run();
    notices_->stop();
}

void NoticeGround::reload_notices(const NoticeConfig& notices) {
    Config config = *service().config();
    config.notices = notices;
    notices_->set_config(notices);
    service().set_config(std::move(config));
}

void NoticeGround::reload_clusters(const std::vector<ClusterConfig>& clusters) {
    Config config = *service().config();
    config.clusters = clusters;
    service().set_config(std::move(config));
}

JobPointer NoticeGround::take_backup() {
    JobPointer job = start_backup(service(), cluster(), Json::object(), "uid 0");
    finish_jobs();
    return job;
}

void NoticeGround::look() {
    pass();
    std::optional<std::exception_ptr> ended;
    asio::co_spawn(loop(), notices_->look(),
                   [&](const std::exception_ptr& thrown) { ended = thrown; });
    while (!ended) {
        loop().restart();
        loop().run_one();
    }
    if (*ended) std::rethrow_exception(*ended);
    pass();
}

}  // namespace tsb::test

// The pages that the daemon serves, with its repository there, gone and failing.
#include "daemon/metrics/metrics.hpp"

#include <fstream>
#include <thread>

#include "daemon/reload.hpp"
#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/fixtures.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"
#include "tests/unit/metrics/page_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

class MeasuredGround : public ScheduleGround {
public:
    MeasuredGround() : ScheduleGround({at_cron("0 2 * * *")}) {
        pass();
        service().jobs.on_end([this](const JobPointer& job) { metrics.count(*job); });
    }

    ~MeasuredGround() {
        service().stop();
        loop().restart();
        loop().run();  // jobs that end are counted in what goes before the loop
    }

    HttpPage page(HttpResource resource) {
        std::optional<HttpPage> made;
        asio::co_spawn(loop(), metrics.answer(resource),
                       [&](const std::exception_ptr& thrown, HttpPage page) {
                           made = thrown ? HttpPage(0, "it threw") : std::move(page);
                       });
        while (!made) {
            loop().restart();
            loop().run_one();
        }
        return *made;
    }
    void back_up() {
        start_backup(service(), cluster(), Json::object(), "uid 0");
        finish_jobs();
    }

    Metrics metrics{loop().get_executor(), service(), scheduler()};
};

ListenAddress socket_at(const std::filesystem::path& path) {
    ListenAddress address;
    address.path = path;
    return address;
}

}  // namespace

TEST_CASE("the page tells of a backup as soon as it has ended") {
    MeasuredGround ground;
    ground.back_up();
    const HttpPage page = ground.page(HttpResource::metrics);
    CHECK(page.status == 200);
    CHECK(page.content_type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(contains(page.text, "\ntsbackup_repository_up 1\n"));
    CHECK(contains(page.text,
                   "\ntsbackup_jobs_total{cluster=\"main\",kind=\"backup\",outcome=\"done\"} 1\n"));
    CHECK(contains(page.text, "\ntsbackup_backups{cluster=\"main\",state=\"good\"} 1\n"));
    CHECK(contains(page.text, "\ntsbackup_next_run_timestamp_seconds{cluster=\"main\""));
}

TEST_CASE("the daemon is ready with its repository, and lives without it") {
    MeasuredGround ground;
    CHECK(ground.page(HttpResource::healthz).text == "ok\n");
    SECTION("there") {
        const HttpPage page = ground.page(HttpResource::readyz);
        CHECK(page.status == 200);
        CHECK(page.text == "ready\n");
    }
    SECTION("gone") {
        std::filesystem::rename(ground.repository.path(), ground.directory.path() / "away");
        const HttpPage page = ground.page(HttpResource::readyz);
        CHECK(page.status == 503);
        CHECK(page.text == "not ready: the repository is not there\n");
        const HttpPage metrics = ground.page(HttpResource::metrics);
        CHECK(metrics.status == 200);
        CHECK(contains(metrics.text, "\ntsbackup_repository_up 0\n"));
        CHECK(contains(metrics.text, "\nprocess_open_fds "));
        std::filesystem::rename(ground.directory.path() / "away", ground.repository.path());
    }
    SECTION("stopping") {
        ground.service().stop();
        CHECK(ground.page(HttpResource::readyz).text == "not ready: tsbackupd is stopping\n");
    }
    SECTION("full of jobs") {
        ground.silent = true;
        for (std::size_t i = 0; i < JobRegistry::most_present; ++i) {
            start_backup(ground.service(), ground.cluster(), Json({{"label", std::to_string(i)}}),
                         "uid 0");
        }
        CHECK(ground.page(HttpResource::readyz).text ==
              "not ready: too many jobs are waiting or running\n");
    }
    CHECK(ground.page(HttpResource::healthz).status == 200);
}

TEST_CASE("whichever look at the repository fails, there is a page") {
    MeasuredGround whole;
    whole.back_up();
    bool reached = true;
    std::uint64_t number = 0;
    std::size_t down = 0;
    while (reached) {
        ++number;
        Metrics metrics(whole.loop().get_executor(), whole.service(), whole.scheduler());
        whole.fs.fail_call(number, Fault::io_error);
        std::optional<HttpPage> made;
        asio::co_spawn(whole.loop(), metrics.answer(HttpResource::metrics),
                       [&](const std::exception_ptr&, HttpPage page) { made = std::move(page); });
        whole.loop().restart();
        whole.loop().run();
        reached = whole.fs.fired();
        CAPTURE(number, whole.fs.faulty_call());
        whole.fs.heal();
        REQUIRE(made);
        CHECK(made->status == 200);
        CHECK(contains(made->text, "\nprocess_open_fds "));
        const bool up = contains(made->text, "\ntsbackup_repository_up 1\n");
        CHECK(up != contains(made->text, "\ntsbackup_repository_up 0\n"));
        if (!up) ++down;
        if (!reached) CHECK(up);
    }
    CHECK(number > 5);
    CHECK(down > 0);
}

TEST_CASE("another address is listened at before the old one is left, and only then") {
    MeasuredGround ground;
    Metrics& metrics = ground.metrics;
    const ListenAddress first = socket_at(ground.directory.path() / "first.sock");
    const ListenAddress second = socket_at(ground.directory.path() / "second.sock");
    metrics.listen(MetricsListener(std::nullopt));
    CHECK_FALSE(metrics.prepared(std::nullopt));
    metrics.listen(MetricsListener(first));
    CHECK_FALSE(metrics.prepared(first));
    {
        const auto given_up = metrics.prepared(second);
        REQUIRE(given_up);
        CHECK(std::filesystem::exists(second.path));
    }
    CHECK_FALSE(std::filesystem::exists(second.path));
    write_file(second.path, "in the way");
    CHECK_THROWS_AS(metrics.prepared(second), Error);
    CHECK(std::filesystem::exists(first.path));
    std::filesystem::remove(second.path);
    auto next = metrics.prepared(second);
    REQUIRE(next);
    metrics.listen(std::move(*next));
    CHECK_FALSE(std::filesystem::exists(first.path));
    CHECK(std::filesystem::exists(second.path));
    auto none = metrics.prepared(std::nullopt);
    REQUIRE(none);
    metrics.listen(std::move(*none));
    CHECK_FALSE(std::filesystem::exists(second.path));
    metrics.stop();
}

TEST_CASE("an address that others reach is warned of") {
    MeasuredGround ground;
    const std::string port = std::to_string(free_port());
    const LogCapture log;
    ground.metrics.listen(MetricsListener(parse_host_port("127.0.0.1:" + port)));
    CHECK(log.lines_with("serves metrics on 127.0.0.1:" + port) == 1);
    CHECK(log.lines_with("everybody who reaches") == 0);
    ground.metrics.stop();
    const auto everywhere = parse_host_port("0.0.0.0:" + port);
    ground.metrics.listen(MetricsListener(everywhere));
    CHECK(log.lines_with("everybody who reaches 0.0.0.0:" + port) == 1);
    ground.metrics.stop();
}

TEST_CASE("a reload tells that the address of the metrics changed") {
    Config before;
    Config after;
    CHECK(differences(before, after).empty());
    after.metrics_listen = parse_host_port("127.0.0.1:9187");
    CHECK(differences(before, after) == std::vector<std::string>{"metrics.listen changed"});
}

#include "core/ops/backup.hpp"
#include "daemon/backup_request.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/verbs/healthy.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

const char* result_text(CheckLine::Result result) {
    switch (result) {
        case CheckLine::Result::pass:
            return "pass";
        case CheckLine::Result::warn:
            return "warn";
        case CheckLine::Result::fail:
            break;
    }
    return "fail";
}

Json describe(const CheckLine& line) {
    return {{"result", result_text(line.result)},
            {"what", line.what},
            {"detail", line.detail},
            {"hint", line.hint}};
}

}  // namespace

asio::awaitable<Outcome> check_verb(VerbCall& call) {
    Service& service = call.service;
    Json clusters = Json::array();
    std::size_t failures = 0;
    for (const ClusterConfig& cluster :
         chosen_clusters(*service.config(), text_arg(call.args, "cluster"))) {
        Json checking = {{"event", "checking"}, {"cluster", cluster.name}};
        co_await call.emit(std::move(checking));
        ProgressMeter meter;
        JobContext context("", service.stopping.get_token(), meter);
        const BackupOptions options = backup_options(cluster, Json::object());
        const std::vector<CheckLine> findings =
            co_await check_cluster(options, service.repository, service.connect, context);
        Json lines = Json::array();
        for (const CheckLine& line : findings) {
            failures += line.result == CheckLine::Result::fail ? 1 : 0;
            lines.push_back(describe(line));
        }
        Json entry = {{"cluster", cluster.name}, {"lines", std::move(lines)}};
        clusters.push_back(std::move(entry));
    }
    Json result = {{"clusters", std::move(clusters)}};
    co_return healthy_if_none(std::move(result), failures);
}

}  // namespace tsb

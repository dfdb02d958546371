
#include "core/base/whole_number.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr unsigned runs_shown = 3;
constexpr unsigned most_runs_shown = 100;

unsigned run_count(const Json& args) {
    const std::string text = text_arg(args, "next");
    if (text.empty()) return runs_shown;
    const auto count = parse_whole<unsigned>(text);
    if (!count || *count < 1 || *count > most_runs_shown) {
        throw Error(ErrorCode::usage, "cannot tell the schedule: --next '" + printable(text) +
                                          "': expected a number from 1 to 100");
    }
    return *count;
}

}  // namespace

asio::awaitable<Outcome> schedule_verb(VerbCall& call) {
    const unsigned count = run_count(call.args);
    const Scheduler* scheduler = call.service.scheduler;
    if (scheduler == nullptr) {
        throw Error(ErrorCode::refused, "cannot tell the schedule: no daemon runs here");
    }
    const std::shared_ptr<const Config> config = call.service.config();
    Json clusters = Json::array();
    for (const ClusterConfig& cluster : chosen_clusters(*config, text_arg(call.args, "cluster"))) {
        clusters.push_back(scheduler->report(cluster, count));
    }
    Json result = {{"clusters", std::move(clusters)}};
    co_return Outcome(std::move(result));
}

}  // namespace tsb

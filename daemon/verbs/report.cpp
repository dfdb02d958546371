#include "core/ops/run_on.hpp"
#include "daemon/backup_list.hpp"
#include "daemon/space_history.hpp"
#include "daemon/status_report.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr int repository_report_version = 1;

void keep_only(const std::string& cluster, Json& clusters) {
    Json kept = Json::array();
    for (Json& each : clusters) {
        if (each.at("cluster") == cluster) kept.push_back(std::move(each));
    }
    clusters = std::move(kept);
}

}  // namespace

asio::awaitable<Outcome> report_verb(VerbCall& call) {
    Service& service = call.service;
    const std::map<std::string, Expectation> expected = expectations(service);
    const SystemTime now = service.clock.now();
    const std::string named = text_arg(call.args, "cluster");
    Listed listed;
    std::function<Json()> look = [&] {
        listed = find_backups(service, named, WithVerdicts::yes);
        Json result = status_report(service, expected);
        // A report of nothing would look like a good one, had it gone away meanwhile.
        service.repository.require_there();
        result["growth"] = describe(stored_bytes_history(service.repository));
        return result;
    };
    Json result = co_await run_on_thread(std::move(look));
    add_running_state(service, result);
    if (!named.empty()) keep_only(named, result["clusters"]);
    result["report_version"] = repository_report_version;
    result["source"] = "repository";
    result["made_at"] = to_iso8601(now);
    Json last = co_await send_backups(listed, now, call.emit);
    result["backups"] = std::move(last);
    co_return Outcome(std::move(result));
}

}  // namespace tsb

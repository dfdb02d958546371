#include "core/ops/run_on.hpp"
#include "daemon/backup_list.hpp"
#include "daemon/space_history.hpp"
#include "daemon/status_report.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr int report_version = 1;

Json describe(const std::vector<SpaceSample>& samples) {
    Json out = Json::array();
    for (const SpaceSample& sample : samples) {
        out.push_back({{"at", to_iso8601(sample.at)}, {"stored_bytes", sample.stored_bytes}});
    }
    return out;
}

}  // namespace

asio::awaitable<Outcome> report_verb(VerbCall& call) {
    Service& service = call.service;
    const std::map<std::string, Expectation> expected = expectations(service);
    const SystemTime now = service.clock.now();
    Listed listed;
    std::function<Json()> look = [&] {
        listed = find_backups(service, "", WithVerdicts::yes);
        Json result = status_report(service, expected);
        result["growth"] = describe(stored_bytes_history(service.repository));
        return result;
    };
    Json result = co_await run_on_thread(std::move(look));
    add_running_state(service, result);
    result["report_version"] = report_version;
    result["source"] = "repository";
    result["made_at"] = to_iso8601(now);
    result["backups"] = co_await send_backups(listed, now, call.emit);
    co_return Outcome(std::move(result));
}

}  // namespace tsb

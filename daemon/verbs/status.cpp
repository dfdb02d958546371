#include "core/ops/run_on.hpp"
#include "daemon/describe.hpp"
#include "daemon/status_report.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/verbs/healthy.hpp"

namespace tsb {

namespace asio = boost::asio;

asio::awaitable<Outcome> status_verb(VerbCall& call) {
    const std::map<std::string, Expectation> expected = expectations(call.service);
    std::function<Json()> work = [&] { return status_report(call.service, expected); };
    Json result = co_await run_on_thread(std::move(work));
    add_running_state(call.service, result);
    Json jobs = Json::array();
    const SystemTime now = call.service.clock.now();
    for (const JobPointer& job : call.service.jobs.present()) jobs.push_back(describe(*job, now));
    result["jobs"] = std::move(jobs);
    result["health_only"] = flag_arg(call.args, "health");
    const std::size_t problems = result["problems"].size();
    co_return healthy_if_none(std::move(result), problems);
}

}  // namespace tsb

#include "core/ops/restore.hpp"

#include "core/ops/run_on.hpp"
#include "daemon/restore_request.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json describe(const RestoreReport& report, const std::string& cluster) {
    return {{"backup_id", report.backup_id},           {"cluster", cluster},
            {"target", report.target.string()},        {"restored_bytes", report.restored_bytes},
            {"restored_files", report.restored_files}, {"notes", report.notes}};
}

asio::awaitable<Outcome> restore(Service& service, const RestoreOptions& options,
                                 JobContext& context) {
    std::function<Json()> work = [&] {
        const RestoreReport report = restore_backup(service.repository, options, context);
        return describe(report, options.cluster);
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

}  // namespace

asio::awaitable<Outcome> restore_verb(VerbCall& call) {
    Service& service = call.service;
    std::function<RestoreOptions()> read = [&call] {
        return restore_options(call.service, call.caller, call.args);
    };
    const RestoreOptions options = co_await run_on_thread(std::move(read));
    JobWork work = [&service, options](JobContext& context) {
        return restore(service, options, context);
    };
    JobSpec spec("restore", options.cluster, "restore into " + options.target.string(),
                 call.caller.uid);
    JobPointer job = service.jobs.start(std::move(spec), std::move(work));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

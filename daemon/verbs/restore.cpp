#include "core/ops/restore.hpp"

#include "core/ops/run_on.hpp"
#include "daemon/restore_plan_report.hpp"
#include "daemon/restore_request.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

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
    bool damaged = false;
    std::exception_ptr failure;
    try {
        Json result = co_await run_on_thread(std::move(work));
        co_return Outcome(std::move(result));
    } catch (const Error& error) {
        damaged = error.code() == ErrorCode::damaged;
        failure = std::current_exception();
    }
    if (damaged) verify_after(service, {options.cluster, options.backup}, "restore", context);
    std::rethrow_exception(failure);
}

}  // namespace

JobPointer start_restore(VerbCall& call, const std::string& cluster,
                         const std::filesystem::path& target, JobWork work) {
    JobSpec spec("restore", cluster, requester(call.caller.uid));
    spec.exclusive = {"restore into " + target.string()};
    spec.when_busy = WhenBusy::refuse;
    spec.at_once = true;
    spec.limit = job_limit(call.service, cluster);
    return call.service.jobs.start(std::move(spec), std::move(work));
}

asio::awaitable<Outcome> restore_verb(VerbCall& call) {
    Service& service = call.service;
    if (asks_for_dump(call.args)) co_return co_await dump_verb(call);
    if (flag_arg(call.args, "undo")) co_return co_await undo_restore(call);
    if (flag_arg(call.args, "cleanup")) co_return co_await clean_up_restores(call);
    if (text_arg(call.args, "backup").empty()) {
        throw Error(ErrorCode::usage, "cannot restore: no backup was named",
                    "an id that 'list' shows, 'latest', or 'latest-before TIME'");
    }
    std::function<RestoreOptions()> read = [&call] {
        RestoreOptions options = restore_options(call.service, call.caller, call.args);
        // From here on one backup is meant, whatever is committed while the restore runs.
        if (options.backup == "latest") {
            options.backup = call.service.repository.open_backup(options.cluster, "latest").id;
        }
        return options;
    };
    const RestoreOptions options = co_await run_on_thread(std::move(read));
    const std::shared_ptr<const Config> config = service.config();
    if (is_in_place(*config, options)) {
        InPlaceOptions in_place = in_place_options(*config, options, call.args);
        co_return co_await restore_in_place_verb(call, std::move(in_place));
    }
    if (flag_arg(call.args, "plan")) {
        std::function<Outcome()> look = [&] { return restore_plan_report(service, options); };
        co_return co_await run_on_thread(std::move(look));
    }
    JobWork work = [&service, options](JobContext& context) {
        return restore(service, options, context);
    };
    JobPointer job = start_restore(call, options.cluster, options.target, std::move(work));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

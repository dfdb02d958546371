// Restoring a cluster in place, undoing that, and removing what it kept.
#include "core/ops/restore_in_place.hpp"

#include "core/ops/run_on.hpp"
#include "daemon/restore_plan_report.hpp"
#include "daemon/restore_request.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json describe(const InPlaceReport& report, const std::string& cluster) {
    Json out = {{"in_place", true},
                {"backup_id", report.backup_id},
                {"cluster", cluster},
                {"target", report.data_directory.string()},
                {"restored_bytes", report.restored_bytes},
                {"restored_files", report.restored_files},
                {"started", report.started},
                {"databases", report.databases},
                {"notes", report.notes},
                {"server_log", report.server_log}};
    if (report.undone) out["undone"] = true;
    if (report.started) out["down_ms"] = report.down.count();
    if (!report.kept_at.empty()) {
        out["kept_at"] = report.kept_at.string();
        out["kept_bytes"] = report.kept_bytes;
    }
    return out;
}

using Procedure = std::function<asio::awaitable<void>(JobContext& context, InPlaceReport& report)>;

/// What was reached is told also when it failed after that.
asio::awaitable<Outcome> outcome_of_procedure(Service& service, const Procedure& procedure,
                                              const std::string& cluster, JobContext& context) {
    InPlaceReport report;
    std::optional<Error> failure;
    try {
        co_await procedure(context, report);
    } catch (const Error& error) {
        failure = error;
    }
    if (failure && failure->code() == ErrorCode::damaged) {
        verify_after(service, {cluster, report.backup_id}, "restore", context);
    }
    Outcome outcome(describe(report, cluster));
    outcome.failure = std::move(failure);
    co_return outcome;
}

JobPointer start_job(VerbCall& call, const InPlaceOptions& options, Procedure procedure) {
    Service& service = call.service;
    JobWork work = [&service, procedure = std::move(procedure),
                    cluster = options.cluster](JobContext& context) {
        return outcome_of_procedure(service, procedure, cluster, context);
    };
    return start_restore(call, options.cluster, options.server.data_directory, std::move(work));
}

}  // namespace

asio::awaitable<Outcome> restore_in_place_verb(VerbCall& call, InPlaceOptions options) {
    Service& service = call.service;
    if (flag_arg(call.args, "plan")) {
        std::function<Outcome()> look = [&] { return in_place_plan_report(service, options); };
        co_return co_await run_on_thread(std::move(look));
    }
    Procedure procedure = [&service, options](JobContext& context, InPlaceReport& report) {
        return restore_in_place(options, service.repository, service.connect, service.clock,
                                context, report);
    };
    JobPointer job = start_job(call, options, std::move(procedure));
    co_return co_await attend(call, std::move(job));
}

asio::awaitable<Outcome> undo_restore(VerbCall& call) {
    Service& service = call.service;
    const InPlaceOptions options = in_place_options(service, call.args);
    Procedure procedure = [&service, options](JobContext& context, InPlaceReport& report) {
        return undo_restore_in_place(options, service.repository.fs(), service.connect, context,
                                     report);
    };
    JobPointer job = start_job(call, options, std::move(procedure));
    co_return co_await attend(call, std::move(job));
}

asio::awaitable<Outcome> clean_up_restores(VerbCall& call) {
    Service& service = call.service;
    const InPlaceOptions options = in_place_options(service, call.args);
    std::function<std::vector<KeptData>()> work = [&] {
        return clean_up_kept(service.repository.fs(), options.server.data_directory);
    };
    const std::vector<KeptData> removed = co_await run_on_thread(std::move(work));
    Json out = Json::array();
    for (const KeptData& each : removed) {
        out.push_back({{"path", each.path.string()}, {"bytes", each.bytes}});
    }
    Outcome outcome({{"cluster", options.cluster}, {"removed", std::move(out)}});
    co_return outcome;
}

}  // namespace tsb

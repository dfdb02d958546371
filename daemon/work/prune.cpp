#include "core/ops/prune.hpp"

#include "core/ops/run_on.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// True too where the backup is stored and only a hook of it failed.
bool is_stored(const JobRecord& record) {
    return record.outcome == "done" || (record.outcome == "failed" && !record.backup_id.empty());
}

/// I3: what failed last may be the reason why nothing newer is there.
void refuse_after_failure(Service& service, const std::string& cluster) {
    const std::optional<JobRecord> last = last_backup_record(service.repository, cluster);
    if (!last || is_stored(*last)) return;
    throw Error(ErrorCode::refused,
                "cannot prune cluster '" + cluster + "': its last backup failed: " + last->message,
                "prune runs again after the next good one; --force does not wait for it");
}

Outcome prune(Service& service, const std::string& cluster, AfterFailure after_failure,
              JobContext& context) {
    if (after_failure == AfterFailure::refuse) refuse_after_failure(service, cluster);
    const std::shared_ptr<const Config> config = service.config();
    const RetentionPolicy& policy = config->cluster(cluster).retention;
    const PruneReport report =
        prune_backups(service.repository, cluster, policy, service.clock, context);
    context.progress.bytes_done = report.freed_bytes;
    Json result = {{"cluster", cluster},
                   {"removed", report.removed},
                   {"freed_bytes", report.freed_bytes},
                   {"backups", describe_verdicts(report.verdicts)}};
    return Outcome(std::move(result));
}

asio::awaitable<Outcome> run_prune(Service& service, const std::string& cluster,
                                   AfterFailure after_failure, JobContext& context) {
    std::function<Outcome()> work = [&] { return prune(service, cluster, after_failure, context); };
    co_return co_await run_on_thread(std::move(work));
}

}  // namespace

Json describe(const Verdict& verdict) {
    return {{"backup_id", verdict.id},
            {"keep", verdict.keep},
            {"reasons", verdict.reasons},
            {"sentence", to_sentence(verdict)}};
}

Json describe_verdicts(const std::vector<Verdict>& verdicts) {
    Json out = Json::array();
    for (const Verdict& verdict : verdicts) out.push_back(describe(verdict));
    return out;
}

JobPointer start_prune(Service& service, const ClusterConfig& cluster, const std::string& asked_by,
                       AfterFailure after_failure) {
    JobWork work = [&service, name = cluster.name, after_failure](JobContext& context) {
        return run_prune(service, name, after_failure, context);
    };
    JobSpec spec("prune", cluster.name, asked_by);
    spec.exclusive = {exclusive_name(cluster.name)};
    spec.subject = after_failure == AfterFailure::prune ? "also after a failure" : "";
    spec.limit = cluster.job_limit;
    return service.jobs.start(std::move(spec), std::move(work));
}

}  // namespace tsb

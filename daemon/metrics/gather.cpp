#include "daemon/metrics/gather.hpp"

#include <algorithm>

#include "core/plan/schedule.hpp"

namespace tsb {
namespace {

/// Enough for the last job of each kind, nearly always; a page is asked for often.
constexpr std::size_t looked_back = 200;

bool concerns(const Job& job, const std::string& cluster) {
    const std::vector<std::string>& several = job.spec.clusters;
    if (several.empty()) return job.spec.cluster == cluster;
    return std::find(several.begin(), several.end(), cluster) != several.end();
}

void add_present(const Job& job, ActiveCluster& cluster) {
    PresentJobs& jobs = cluster.present[job.spec.kind];
    if (job.state == JobState::queued) {
        ++jobs.queued;
        return;
    }
    ++jobs.running;
    jobs.bytes += job.meter.bytes_done;
    jobs.expected_bytes += job.meter.bytes_total;
    const std::uint64_t lag = job.meter.wal_lag_bytes;
    if (lag != ProgressMeter::no_wal) cluster.wal_lag_bytes = lag;
}

void add_planned(const EntryOutlook& entry, SystemTime now, ActiveCluster& cluster) {
    PlannedJobs& planned = cluster.planned[entry.job];
    if (entry.due) planned.next_run = std::min(planned.next_run.value_or(*entry.due), *entry.due);
    if (entry.waits_since && now - *entry.waits_since > late_tolerance) ++planned.overdue;
    planned.failed_attempts = std::max(planned.failed_attempts, entry.failures);
    planned.skipped += entry.skipped;
}

void add_backup(const BackupEntry& entry, StoredCluster& cluster) {
    if (!entry.metadata) {
        ++cluster.broken;
        return;
    }
    const Metadata& metadata = *entry.metadata;
    cluster.stored_bytes += metadata.stored_bytes;
    const std::optional<DrillResult>& drill = entry.notes.drill;
    if (drill && drill->problems.empty()) {
        cluster.last_good_drill = std::max(cluster.last_good_drill.value_or(drill->at), drill->at);
    }
    if (!entry.good()) {
        ++cluster.damaged;
        return;
    }
    ++cluster.good;
    const SystemTime ended = metadata.stopped_at;
    if (entry.notes.verification) {
        cluster.last_verified = std::max(cluster.last_verified.value_or(ended), ended);
    }
    if (cluster.last_good && cluster.last_good->ended_at > ended) return;
    cluster.last_good = BackupFigures{ended, static_cast<double>(metadata.total_ms) / 1000,
                                      metadata.cluster_bytes, metadata.stored_bytes};
}

/// `records`: oldest first.
void add_jobs(const std::vector<JobRecord>& records, StoredCluster& cluster) {
    for (const JobRecord& record : records) {
        const bool known =
            std::find(job_kinds.begin(), job_kinds.end(), record.kind) != job_kinds.end();
        if (!known || record.outcome == to_string(JobState::cancelled)) continue;
        LastJob& last = cluster.last_jobs[record.kind];
        last.succeeded = record.outcome == to_string(JobState::done);
        last.ended_at = record.ended_at;
        if (!last.succeeded) continue;
        if (record.kind == "drill") {
            cluster.last_good_drill =
                std::max(cluster.last_good_drill.value_or(record.ended_at), record.ended_at);
        }
        if (!record.started_at) continue;
        using Seconds = std::chrono::duration<double>;
        last.seconds = std::max(0.0, Seconds(record.ended_at - *record.started_at).count());
        last.bytes = record.bytes;
    }
}

StoredCluster stored_cluster(Service& service, const ClusterHealthFacts& facts,
                             const HealthReport& health) {
    StoredCluster cluster;
    cluster.cluster = facts.cluster;
    for (const Finding& finding : health.findings) {
        if (finding.cluster != facts.cluster) continue;
        cluster.findings.insert(finding.code);
        cluster.healthy = cluster.healthy && finding.severity != Severity::problem;
    }
    for (const BackupEntry& entry : health.backups.at(facts.cluster)) add_backup(entry, cluster);
    // As status has it, whatever the schedule lets expect.
    cluster.healthy = cluster.healthy && cluster.good > 0;
    add_jobs(service.repository.newest_history(facts.cluster, looked_back), cluster);
    // Where they are needed, they were looked for further back.
    for (const SystemTime& drill : facts.good_drills) {
        cluster.last_good_drill = std::max(cluster.last_good_drill.value_or(drill), drill);
    }
    return cluster;
}

}  // namespace

void EndedJobs::count(const Job& job) {
    std::vector<std::string> clusters = job.spec.clusters;
    if (clusters.empty()) clusters = {job.spec.cluster};
    for (const std::string& cluster : clusters) ++clusters_[cluster][{job.spec.kind, job.state}];
}

const std::map<std::pair<std::string, JobState>, std::uint64_t>& EndedJobs::of(
    const std::string& cluster) const {
    static const std::map<std::pair<std::string, JobState>, std::uint64_t> none;
    const auto found = clusters_.find(cluster);
    return found == clusters_.end() ? none : found->second;
}

std::vector<ActiveCluster> active_clusters(const Service& service, const Scheduler& scheduler,
                                           const EndedJobs& ended) {
    const std::shared_ptr<const Config> config = service.config();
    const std::vector<JobPointer> jobs = service.jobs.present();
    const SystemTime now = service.clock.now();
    std::vector<ActiveCluster> out;
    for (const ClusterConfig& configured : config->clusters) {
        ActiveCluster& cluster = out.emplace_back();
        cluster.cluster = configured.name;
        cluster.ended = ended.of(configured.name);
        for (const JobPointer& job : jobs) {
            if (concerns(*job, configured.name)) add_present(*job, cluster);
        }
        for (const EntryOutlook& entry : scheduler.outlook(configured)) {
            add_planned(entry, now, cluster);
        }
    }
    return out;
}

StoredFacts stored_facts(Service& service, const std::map<std::string, Expectation>& expected) {
    const HealthReport health = look_at_health(service, expected);
    StoredFacts stored;
    stored.free_bytes = health.free_bytes;
    stored.size_bytes = health.total_bytes;
    stored.days_left = health.days_left;
    for (const Finding& finding : health.findings) {
        if (finding.cluster.empty()) stored.findings.insert(finding.code);
    }
    for (const ClusterHealthFacts& facts : health.facts) {
        stored.clusters.push_back(stored_cluster(service, facts, health));
    }
    return stored;
}

}  // namespace tsb

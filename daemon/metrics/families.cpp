#include "daemon/metrics/families.hpp"

#include <array>

#include "daemon/metrics/metric_page.hpp"

namespace tsb {
namespace {

constexpr double seconds_of_a_day = 24.0 * 3600;

constexpr std::array cluster_codes = {
    HealthCode::overdue,   HealthCode::last_failed,   HealthCode::damaged,
    HealthCode::broken,    HealthCode::clock_doubt,   HealthCode::drill_overdue,
    HealthCode::size_jump, HealthCode::duration_jump,
};
constexpr std::array repository_codes = {
    HealthCode::repository_not_writable,
    HealthCode::repository_full,
    HealthCode::repository_filling,
};
constexpr std::array outcomes = {JobState::done, JobState::failed, JobState::cancelled};

double number(std::uint64_t value) {
    return static_cast<double>(value);
}

double timestamp(SystemTime time) {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    return static_cast<double>(since.count()) / 1000;
}

double flag(bool value) {
    return value ? 1 : 0;
}

void add_process(const MetricFacts& facts, MetricPage& page) {
    const ProcessFigures& process = facts.process;
    page.add("tsbackup_build_info", {facts.version}, 1);
    page.add("process_cpu_seconds_total", process.cpu_seconds);
    page.add("process_open_fds", number(process.open_files));
    page.add("process_max_fds", number(process.most_files));
    page.add("process_virtual_memory_bytes", number(process.virtual_bytes));
    page.add("process_resident_memory_bytes", number(process.resident_bytes));
    page.add("process_start_time_seconds", process.started_at);
}

void add_ended(const ActiveCluster& cluster, MetricPage& page) {
    for (const std::string_view kind : job_kinds) {
        for (const JobState outcome : outcomes) {
            const auto count = cluster.ended.find({std::string(kind), outcome});
            page.add("tsbackup_jobs_total",
                     {cluster.cluster, std::string(kind), std::string(to_string(outcome))},
                     count == cluster.ended.end() ? 0 : number(count->second));
        }
    }
}

void add_present(const ActiveCluster& cluster, MetricPage& page) {
    const std::string& name = cluster.cluster;
    for (const std::string_view kind_name : job_kinds) {
        const std::string kind(kind_name);
        const auto found = cluster.present.find(kind);
        const PresentJobs jobs = found == cluster.present.end() ? PresentJobs() : found->second;
        page.add("tsbackup_jobs_present", {name, kind, "running"}, number(jobs.running));
        page.add("tsbackup_jobs_present", {name, kind, "queued"}, number(jobs.queued));
        if (jobs.running == 0) continue;
        page.add("tsbackup_running_job_bytes", {name, kind}, number(jobs.bytes));
        page.add("tsbackup_running_job_expected_bytes", {name, kind}, number(jobs.expected_bytes));
    }
    if (cluster.wal_lag_bytes) {
        page.add("tsbackup_backup_wal_lag_bytes", {name}, number(*cluster.wal_lag_bytes));
    }
}

void add_planned(const ActiveCluster& cluster, MetricPage& page) {
    for (const auto& [kind, planned] : cluster.planned) {
        const std::vector<std::string> labels = {cluster.cluster, kind};
        if (planned.next_run) {
            page.add("tsbackup_next_run_timestamp_seconds", labels, timestamp(*planned.next_run));
        }
        page.add("tsbackup_overdue_runs", labels, number(planned.overdue));
        page.add("tsbackup_failed_attempts", labels, planned.failed_attempts);
        page.add("tsbackup_skipped_runs_total", labels, number(planned.skipped));
    }
}

void add_backups(const StoredCluster& cluster, MetricPage& page) {
    const std::string& name = cluster.cluster;
    page.add("tsbackup_backups", {name, "good"}, number(cluster.good));
    page.add("tsbackup_backups", {name, "damaged"}, number(cluster.damaged));
    page.add("tsbackup_backups", {name, "broken"}, number(cluster.broken));
    page.add("tsbackup_stored_bytes", {name}, number(cluster.stored_bytes));
    if (const auto& last = cluster.last_good) {
        page.add("tsbackup_last_good_backup_timestamp_seconds", {name}, timestamp(last->ended_at));
        page.add("tsbackup_last_good_backup_duration_seconds", {name}, last->seconds);
        page.add("tsbackup_last_good_backup_cluster_bytes", {name}, number(last->cluster_bytes));
        page.add("tsbackup_last_good_backup_stored_bytes", {name}, number(last->stored_bytes));
    }
    if (cluster.last_verified) {
        page.add("tsbackup_last_verified_backup_timestamp_seconds", {name},
                 timestamp(*cluster.last_verified));
    }
    if (cluster.last_good_drill) {
        page.add("tsbackup_last_good_drill_timestamp_seconds", {name},
                 timestamp(*cluster.last_good_drill));
    }
}

void add_last_jobs(const StoredCluster& cluster, MetricPage& page) {
    for (const auto& [kind, last] : cluster.last_jobs) {
        const std::vector<std::string> labels = {cluster.cluster, kind};
        page.add("tsbackup_last_job_success", labels, flag(last.succeeded));
        page.add("tsbackup_last_job_end_timestamp_seconds", labels, timestamp(last.ended_at));
        if (!last.seconds) continue;
        page.add("tsbackup_last_successful_job_duration_seconds", labels, *last.seconds);
        page.add("tsbackup_last_successful_job_bytes", labels, number(last.bytes));
        const double rate = *last.seconds > 0 ? number(last.bytes) / *last.seconds : 0;
        page.add("tsbackup_last_successful_job_bytes_per_second", labels, rate);
    }
}

void add_health(const StoredCluster& cluster, MetricPage& page) {
    page.add("tsbackup_cluster_healthy", {cluster.cluster}, flag(cluster.healthy));
    for (const HealthCode code : cluster_codes) {
        page.add("tsbackup_cluster_finding", {cluster.cluster, std::string(to_string(code))},
                 flag(cluster.findings.contains(code)));
    }
}

void add_stored(const StoredFacts& stored, MetricPage& page) {
    page.add("tsbackup_repository_free_bytes", number(stored.free_bytes));
    if (stored.size_bytes != 0) {
        page.add("tsbackup_repository_size_bytes", number(stored.size_bytes));
    }
    if (stored.days_left) {
        page.add("tsbackup_repository_time_left_seconds", *stored.days_left * seconds_of_a_day);
    }
    for (const HealthCode code : repository_codes) {
        page.add("tsbackup_repository_finding", {std::string(to_string(code))},
                 flag(stored.findings.contains(code)));
    }
    for (const StoredCluster& cluster : stored.clusters) {
        add_backups(cluster, page);
        add_last_jobs(cluster, page);
        add_health(cluster, page);
    }
}

}  // namespace

std::string metrics_text(const MetricFacts& facts) {
    MetricPage page;
    add_process(facts, page);
    for (const ActiveCluster& cluster : facts.clusters) {
        add_ended(cluster, page);
        add_present(cluster, page);
        add_planned(cluster, page);
    }
    page.add("tsbackup_repository_up", flag(facts.stored != nullptr));
    if (facts.stored) add_stored(*facts.stored, page);
    return page.text();
}

}  // namespace tsb

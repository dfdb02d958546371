#include "daemon/metrics/metric_table.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr auto counter = MetricType::counter;
constexpr auto gauge = MetricType::gauge;

constexpr std::array table = {
    MetricSpec{"tsbackup_build_info", gauge, {"version"}, "Always 1; the version is its label."},

    MetricSpec{"tsbackup_repository_up",
               gauge,
               {},
               "Whether the repository is there and could be read for this page. What lies in it "
               "is left out while it is 0."},
    MetricSpec{"tsbackup_repository_free_bytes",
               gauge,
               {},
               "What the daemon may still write on the repository's file system."},
    MetricSpec{
        "tsbackup_repository_size_bytes", gauge, {}, "Size of the repository's file system."},
    MetricSpec{"tsbackup_repository_time_left_seconds",
               gauge,
               {},
               "Time until the repository is full at its present growth, in whole days; left out "
               "while it does not grow."},
    MetricSpec{"tsbackup_repository_finding",
               gauge,
               {"code"},
               "Whether status finds this about the repository."},

    MetricSpec{"tsbackup_cluster_healthy",
               gauge,
               {"cluster"},
               "Whether status finds no problem with the cluster."},
    MetricSpec{"tsbackup_cluster_finding",
               gauge,
               {"cluster", "code"},
               "Whether status finds this about the cluster."},
    MetricSpec{"tsbackup_backups",
               gauge,
               {"cluster", "state"},
               "Backups in the repository that are good, damaged or broken."},
    MetricSpec{"tsbackup_stored_bytes",
               gauge,
               {"cluster"},
               "What the cluster's backups take in the repository."},
    MetricSpec{"tsbackup_last_good_backup_timestamp_seconds",
               gauge,
               {"cluster"},
               "When the newest good backup ended; left out without one."},
    MetricSpec{"tsbackup_last_good_backup_duration_seconds",
               gauge,
               {"cluster"},
               "How long the newest good backup took."},
    MetricSpec{"tsbackup_last_good_backup_cluster_bytes",
               gauge,
               {"cluster"},
               "How much data the newest good backup holds, uncompressed, with its WAL."},
    MetricSpec{"tsbackup_last_good_backup_stored_bytes",
               gauge,
               {"cluster"},
               "What the newest good backup takes in the repository."},
    MetricSpec{"tsbackup_last_verified_backup_timestamp_seconds",
               gauge,
               {"cluster"},
               "When the newest backup ended that a verify has proven; left out without one."},
    MetricSpec{"tsbackup_last_good_drill_timestamp_seconds",
               gauge,
               {"cluster"},
               "When the newest drill ended that passed; left out without one."},

    MetricSpec{"tsbackup_jobs_total",
               counter,
               {"cluster", "kind", "outcome"},
               "Jobs that ended since the daemon's start."},
    MetricSpec{"tsbackup_jobs_present",
               gauge,
               {"cluster", "kind", "state"},
               "Jobs that run or wait for their turn."},
    MetricSpec{"tsbackup_last_job_success",
               gauge,
               {"cluster", "kind"},
               "Whether the last job of this kind succeeded, cancelled ones not counted; left out "
               "before the first."},
    MetricSpec{"tsbackup_last_job_end_timestamp_seconds",
               gauge,
               {"cluster", "kind"},
               "When the last job of this kind ended, cancelled ones not counted."},
    MetricSpec{"tsbackup_last_successful_job_duration_seconds",
               gauge,
               {"cluster", "kind"},
               "How long the last job of this kind took that succeeded."},
    MetricSpec{"tsbackup_last_successful_job_bytes",
               gauge,
               {"cluster", "kind"},
               "How much data the last job of this kind that succeeded received or read."},
    MetricSpec{"tsbackup_last_successful_job_bytes_per_second",
               gauge,
               {"cluster", "kind"},
               "Throughput of the last job of this kind that succeeded, from beginning to end."},
    MetricSpec{"tsbackup_running_job_bytes",
               gauge,
               {"cluster", "kind"},
               "How much data the jobs that run have received or read."},
    MetricSpec{
        "tsbackup_running_job_expected_bytes",
        gauge,
        {"cluster", "kind"},
        "How much data the jobs that run will receive or read, as estimated; 0 while unknown."},
    MetricSpec{"tsbackup_backup_wal_lag_bytes",
               gauge,
               {"cluster"},
               "WAL that the server has and a running backup has not received: what its "
               "replication slot keeps. Only while a backup streams WAL."},

    MetricSpec{"tsbackup_next_run_timestamp_seconds",
               gauge,
               {"cluster", "kind"},
               "When the schedule's next run of this kind is due."},
    MetricSpec{"tsbackup_overdue_runs",
               gauge,
               {"cluster", "kind"},
               "Runs of the schedule that were due more than 5 minutes ago and have not begun."},
    MetricSpec{"tsbackup_failed_attempts",
               gauge,
               {"cluster", "kind"},
               "Attempts in a row at the schedule's present run that failed."},
    MetricSpec{"tsbackup_skipped_runs_total",
               counter,
               {"cluster", "kind"},
               "Runs of the schedule that were left out since the daemon's start, such as those "
               "missed while it was down."},

    MetricSpec{"process_cpu_seconds_total",
               counter,
               {},
               "Processor time of the daemon, without that of its children."},
    MetricSpec{"process_open_fds", gauge, {}, "Open file descriptors."},
    MetricSpec{"process_max_fds", gauge, {}, "Most open file descriptors."},
    MetricSpec{"process_virtual_memory_bytes", gauge, {}, "Size of the address space."},
    MetricSpec{"process_resident_memory_bytes", gauge, {}, "Memory in use."},
    MetricSpec{"process_start_time_seconds", gauge, {}, "When the daemon was started."},
};

}  // namespace

std::string_view to_string(MetricType type) {
    return type == MetricType::counter ? "counter" : "gauge";
}

std::size_t MetricSpec::label_count() const {
    const auto end = std::find(labels.begin(), labels.end(), std::string_view());
    return static_cast<std::size_t>(end - labels.begin());
}

std::span<const MetricSpec> metric_table() {
    return table;
}

const MetricSpec& metric_spec(std::string_view name) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [name](const MetricSpec& spec) { return spec.name == name; });
    if (found == table.end()) {
        throw Error(ErrorCode::internal, "no metric is called '" + std::string(name) + "'");
    }
    return *found;
}

}  // namespace tsb

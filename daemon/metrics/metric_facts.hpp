// What a page of metrics is made from, as plain values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plan/health.hpp"
#include "daemon/jobs.hpp"
#include "daemon/metrics/process_figures.hpp"

namespace tsb {

/// The newest good backup.
struct BackupFigures {
    SystemTime ended_at;
    double seconds = 0;
    std::uint64_t cluster_bytes = 0;
    std::uint64_t stored_bytes = 0;
};

/// How the last job of a kind ended, and what the last one took that succeeded.
struct LastJob {
    bool succeeded = false;
    SystemTime ended_at;
    std::optional<double> seconds;  // with a success of which both times are known
    std::uint64_t bytes = 0;
};

/// What the repository tells of a cluster.
struct StoredCluster {
    std::string cluster;
    std::set<HealthCode> findings;
    bool healthy = true;
    std::size_t good = 0;
    std::size_t damaged = 0;
    std::size_t broken = 0;
    std::uint64_t stored_bytes = 0;
    std::optional<BackupFigures> last_good;
    std::optional<SystemTime> last_verified;    // the newest backup that is proven ended then
    std::optional<SystemTime> last_good_drill;  // it ended then
    std::map<std::string, LastJob> last_jobs;   // by kind
};

struct StoredFacts {
    std::uint64_t free_bytes = 0;
    std::uint64_t size_bytes = 0;  // 0: the file system does not tell
    std::optional<unsigned> days_left;
    std::set<HealthCode> findings;
    std::vector<StoredCluster> clusters;
};

/// The jobs of one kind that have not ended.
struct PresentJobs {
    std::size_t running = 0;
    std::size_t queued = 0;
    std::uint64_t bytes = 0;  // of those that run
    std::uint64_t expected_bytes = 0;
};

/// The entries of one kind of a schedule.
struct PlannedJobs {
    std::optional<SystemTime> next_run;
    std::size_t overdue = 0;
    unsigned failed_attempts = 0;
    std::uint64_t skipped = 0;
};

/// What the daemon itself knows of a cluster of the configuration.
struct ActiveCluster {
    std::string cluster;
    std::map<std::pair<std::string, JobState>, std::uint64_t> ended;  // by kind and outcome
    std::map<std::string, PresentJobs> present;                       // by kind
    std::map<std::string, PlannedJobs> planned;                       // by kind
    std::optional<std::uint64_t> wal_lag_bytes;                       // of a backup that streams
};

struct MetricFacts {
    std::string version;
    ProcessFigures process;
    std::vector<ActiveCluster> clusters;
    std::shared_ptr<const StoredFacts> stored;  // null: the repository could not be read
};

}  // namespace tsb

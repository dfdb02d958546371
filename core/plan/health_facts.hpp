// What the health of a cluster and of the repository is judged from, as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plan/backup_condition.hpp"

namespace tsb {

/// One backup as health looks at it.
struct BackupSample {
    std::string id;
    SystemTime stopped_at;
    BackupCondition condition = BackupCondition::good;
    std::uint64_t stored_bytes = 0;
    std::chrono::seconds duration{0};
};

enum class JobEnd { done, failed, cancelled, interrupted };

/// How the last backup job of a cluster ended.
struct LastBackupJob {
    JobEnd end = JobEnd::done;
    SystemTime ended_at;
    std::string message;  // the cause, unless done
};

struct ClusterHealthFacts {
    std::string cluster;
    std::vector<BackupSample> backups;  // all of them, in any order
    std::optional<LastBackupJob> last_job;
    std::optional<std::chrono::seconds> schedule_period;  // the longest time between two runs
    std::optional<std::chrono::seconds> max_age;          // as configured
    std::optional<std::chrono::seconds> max_drill_age;    // as configured; none: no drill is needed
    std::vector<SystemTime> good_drills;  // when they ended, in any order, also of backups now gone
    /// Since when backups and drills of it are expected: a cluster without any is not overdue
    /// before its limit has passed since then. Nothing: it is overdue at once.
    std::optional<SystemTime> expected_since;
};

/// What the repository held in all at a time.
struct SpaceSample {
    SystemTime at;
    std::uint64_t stored_bytes = 0;
};

struct RepositoryHealthFacts {
    std::uint64_t total_bytes = 0;  // of its file system; 0: it does not tell
    std::uint64_t free_bytes = 0;
    std::string write_problem;            // why it cannot be written to; empty: it can
    std::uint64_t next_backup_bytes = 0;  // what the greatest of the next backups will need
    std::vector<SpaceSample> history;     // for the growth, in any order
};

}  // namespace tsb

// What jobs do, and how they are started: the one way for requests, for the schedule and for
// `tsbackupd VERB` (I10). Thread: loop, unless said otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ops/drill.hpp"
#include "core/pg/cluster_report.hpp"
#include "core/plan/retention.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// Who a job is for, as its records show it.
std::string requester(uid_t uid);
inline constexpr const char* asked_by_schedule = "schedule";
inline constexpr const char* asked_by_retention = "retention";

struct BackupName {
    std::string cluster;
    std::string id;  // or "latest"
};

/// A backup of `cluster` with what `args`, those of the verb backup, override. Where one runs
/// already, that one is given: a backup holds the data of its end. With overrides it waits instead.
/// Error{usage} as backup_options().
JobPointer start_backup(Service& service, const ClusterConfig& cluster, const Json& args,
                        const std::string& asked_by);

/// Proves `backups`, at least one, one after the other; what is found is noted beside each.
JobPointer start_verify(Service& service, const std::vector<BackupName>& backups,
                        const std::string& asked_by);

/// Verifies what a restore or a drill, `asked_by`, found damaged: only that makes a backup count as
/// damaged from then on. A failure to begin is logged.
void verify_after(Service& service, const BackupName& backup, const std::string& asked_by,
                  const JobContext& context);

/// Restores `backup` (an id or "latest") of the cluster where nothing else is, starts a server on
/// it and looks at it; what is found is noted beside it. Error{config} where the cluster has no
/// place for that.
JobPointer start_drill(Service& service, const ClusterConfig& cluster, const std::string& backup,
                       RowCounts rows, const std::string& asked_by);

/// How the cluster's last backup that nobody cancelled ended; nothing when there was none. Reads as
/// little of the history as it can. Thread: any (blocks).
std::optional<JobRecord> last_backup_record(Repository& repository, const std::string& cluster);
/// The cluster's last drill that passed, in the same way: it may be of a backup that is gone.
std::optional<JobRecord> last_good_drill_record(Repository& repository, const std::string& cluster);

/// What prune does where the cluster's last backup failed (I3).
enum class AfterFailure { refuse, prune };

/// Removes what the cluster's retention policy, as it is when the job begins, does not keep.
JobPointer start_prune(Service& service, const ClusterConfig& cluster, const std::string& asked_by,
                       AfterFailure after_failure = AfterFailure::refuse);

/// Remembers beside the backup what a verify or a restore found (no problems: it is good), so that
/// a damaged one is never taken for a good one again. A failure is logged. Thread: worker (blocks).
void note_verification(Service& service, const BackupName& backup,
                       const std::vector<std::string>& problems, const std::string& job);

/// The first of `problems` as a whole: what follows from it, such as every missing file, is
/// counted.
std::string first_of(const std::vector<std::string>& problems);

/// Verdicts as they are shown.
Json describe(const Verdict& verdict);
Json describe_verdicts(const std::vector<Verdict>& verdicts);

/// How backups of the cluster are restored for a trial. Error{config} where it has no place for
/// that.
DrillOptions drill_options(const ClusterConfig& cluster, const std::string& backup);
/// What a job that restores one for a trial needs for itself: one of them runs at a time.
std::string drill_place_name(const std::string& cluster);

/// Writes one database of `backup` into a new file, as pg_dump does.
JobPointer start_dump(Service& service, const ClusterConfig& cluster, const std::string& backup,
                      const std::string& database, const std::filesystem::path& file,
                      const std::string& asked_by);

/// Looks into `backup` as a drill does, with `sample_rows` of each table. What is found comes into
/// `report`, which whoever asks keeps: jobs are remembered for long, and reports are large. The
/// job's result is describe_head() of it.
JobPointer start_explore(Service& service, const ClusterConfig& cluster, const std::string& backup,
                         unsigned sample_rows, const std::string& asked_by,
                         std::shared_ptr<ClusterReport> report);
/// The same of the running server of the cluster.
JobPointer start_explore_live(Service& service, const ClusterConfig& cluster, unsigned sample_rows,
                              const std::string& asked_by, std::shared_ptr<ClusterReport> report);

/// What a job of `cluster` needs for itself: one of them runs at a time.
std::string exclusive_name(const std::string& cluster);
/// The job_limit of the cluster; none for a cluster that is not configured.
std::chrono::seconds job_limit(Service& service, const std::string& cluster);

}  // namespace tsb

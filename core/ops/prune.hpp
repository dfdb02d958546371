// Removes the backups of a cluster that its retention policy does not keep (plan/retention.hpp
// decides, with the floors of I3).
//
// Keeps I3: what was decided for a backup is asked again right before it goes, so that one that
// was pinned, opened or found to be the only good one meanwhile stays. Each goes by a rename first;
// no space is needed. A failure with one ends the prune, what is left stays whole.
#pragma once

#include <string>
#include <vector>

#include "core/base/job_context.hpp"
#include "core/plan/retention.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

/// What `policy` says of every backup of the cluster now, oldest first. Thread: worker (blocks).
std::vector<Verdict> retention_verdicts(Repository& repository, const std::string& cluster,
                                        const RetentionPolicy& policy, SystemTime now);

struct PruneReport {
    std::vector<Verdict> verdicts;
    std::vector<std::string> removed;  // ids
    std::uint64_t freed_bytes = 0;
};

/// Removes what the policy does not keep, oldest first; the log tells each with its reasons. The
/// repository must be locked. Throws what repository.remove_backup() does, but for what is in use
/// or pinned by now, which stays. Thread: worker (blocks).
PruneReport prune_backups(Repository& repository, const std::string& cluster,
                          const RetentionPolicy& policy, const Clock& clock, JobContext& job);

}  // namespace tsb

// What is wrong with the backups of a cluster and with the repository, as findings for `status
// --health`, metrics and hooks.
//
// Keeps: only good backups and drills that did not end in the future count; every finding is one
// line, lower case, names the cluster and the numbers. Reads nothing and no clock.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plan/health_facts.hpp"

namespace tsb {

enum class Severity { warning, problem };
std::string_view to_string(Severity severity);

enum class HealthCode {
    overdue,                  // no good backup for longer than it may take
    last_failed,              // the last backup job failed or was interrupted
    damaged,                  // backups that a verify or restore found changed
    broken,                   // backups whose metadata cannot be read
    clock_doubt,              // a backup ended in the future
    drill_overdue,            // no drill passed for longer than it may take
    size_jump,                // the newest backup is far greater or smaller than those before
    duration_jump,            // it took far longer or shorter
    repository_not_writable,  // nothing can be stored
    repository_full,          // nearly full, or the next backup will not fit
    repository_filling,       // full within days at the present growth
};
/// The name that scripts see, "overdue": the enumerator's. Never changes.
std::string_view to_string(HealthCode code);

struct Finding {
    Severity severity = Severity::problem;
    HealthCode code;
    std::string cluster;   // empty: of the repository
    std::string sentence;  // "cluster main: no good backup for 2 d 3 h, expected every 24 h"
};

/// Findings of one cluster. Thread: any.
std::vector<Finding> cluster_findings(const ClusterHealthFacts& facts, SystemTime now);
/// Findings of the repository. Thread: any.
std::vector<Finding> repository_findings(const RepositoryHealthFacts& facts);

/// No problem is among them; warnings do not make unhealthy. Thread: any.
bool is_healthy(std::span<const Finding> findings);

}  // namespace tsb

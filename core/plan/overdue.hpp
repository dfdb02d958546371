// Whether a cluster has a good backup that is young enough, and when to tell about a change.
//
// The limit is max_age, else twice the time between two runs of the schedule, else there is none.
// Keeps: each change is told once. Does not run hooks and does not store the state.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plan/health_facts.hpp"

namespace tsb {

enum class AgeState {
    unlimited,  // no limit is set
    unknown,    // every good backup ended in the future
    in_time,
    overdue,
};

struct AgeVerdict {
    std::string cluster;
    AgeState state = AgeState::unlimited;
    std::string sentence;  // of in_time and overdue
};

/// The age of the newest good backup that did not end in the future, against the limit. An age
/// equal to the limit is in time. Thread: any.
AgeVerdict judge_age(const ClusterHealthFacts& facts, SystemTime now);

enum class HealthTurn { overdue, recovered };
std::string_view to_string(HealthTurn turn);

struct HealthChange {
    HealthTurn turn;
    std::string cluster;
    std::string sentence;
};

struct OverdueStep {
    std::set<std::string> overdue;  // the clusters that are overdue now: `before` of the next step
    std::vector<HealthChange> changes;
};

/// What changed since `before`, the clusters that were overdue then. A cluster that is gone from
/// `present` or has no limit any more has not recovered: it is dropped without a word. One whose
/// age is unknown stays what it was. Thread: any.
OverdueStep next_overdue(const std::set<std::string>& before, std::span<const AgeVerdict> present);

}  // namespace tsb

#include "core/plan/overdue.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

#include "core/base/human.hpp"
#include "core/plan/ages.hpp"

namespace tsb {
namespace {

using std::chrono::seconds;

std::optional<seconds> age_limit(const ClusterHealthFacts& facts) {
    if (facts.max_age) return facts.max_age;
    if (!facts.schedule_period) return std::nullopt;
    return std::clamp(*facts.schedule_period, seconds(0), seconds::max() / 2) * 2;
}

/// ", expected every 24 h" or ", max_age is 26 h".
std::string expectation(const ClusterHealthFacts& facts) {
    if (facts.max_age) return ", max_age is " + human_duration(*facts.max_age);
    return ", expected every " + human_duration(*facts.schedule_period);
}

struct Newest {
    std::optional<SystemTime> stopped_at;  // of the good backups that count
    bool any_in_future = false;
};

Newest newest_good(const ClusterHealthFacts& facts, SystemTime now) {
    Newest newest;
    for (const BackupSample& backup : facts.backups) {
        if (backup.condition != BackupCondition::good) continue;
        if (is_in_future(backup.stopped_at, now)) {
            newest.any_in_future = true;
        } else if (!newest.stopped_at || *newest.stopped_at < backup.stopped_at) {
            newest.stopped_at = backup.stopped_at;
        }
    }
    return newest;
}

}  // namespace

AgeVerdict judge_age(const ClusterHealthFacts& facts, SystemTime now) {
    const std::optional<seconds> limit = age_limit(facts);
    if (!limit) return {facts.cluster, AgeState::unlimited, {}};
    const Newest newest = newest_good(facts, now);
    const std::string subject = "cluster " + facts.cluster + ": ";
    if (newest.stopped_at) {
        const seconds age = seconds_between(*newest.stopped_at, now);
        if (age <= *limit) {
            return {facts.cluster, AgeState::in_time,
                    subject + "the newest good backup ended " + human_age(age)};
        }
        return {facts.cluster, AgeState::overdue,
                subject + "no good backup for " + human_duration(age) + expectation(facts)};
    }
    if (newest.any_in_future) return {facts.cluster, AgeState::unknown, {}};
    if (facts.expected_since && seconds_between(*facts.expected_since, now) <= *limit) {
        return {facts.cluster, AgeState::in_time, subject + "no good backup yet, none is due"};
    }
    return {facts.cluster, AgeState::overdue, subject + "no good backup" + expectation(facts)};
}

std::string_view to_string(HealthTurn turn) {
    return turn == HealthTurn::overdue ? "overdue" : "recovered";
}

OverdueStep next_overdue(const std::set<std::string>& before, std::span<const AgeVerdict> present) {
    OverdueStep step;
    for (const AgeVerdict& verdict : present) {
        const bool was_overdue = before.contains(verdict.cluster);
        switch (verdict.state) {
            case AgeState::unlimited:
                break;
            case AgeState::unknown:
                if (was_overdue) step.overdue.insert(verdict.cluster);
                break;
            case AgeState::in_time:
                if (!was_overdue) break;
                step.changes.push_back({HealthTurn::recovered, verdict.cluster, verdict.sentence});
                break;
            case AgeState::overdue:
                step.overdue.insert(verdict.cluster);
                if (was_overdue) break;
                step.changes.push_back({HealthTurn::overdue, verdict.cluster, verdict.sentence});
                break;
        }
    }
    return step;
}

}  // namespace tsb

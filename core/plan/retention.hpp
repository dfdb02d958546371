// Which backups of a cluster a retention policy keeps and which it removes, each with its reasons.
//
// Keeps I3 by itself, whatever the policy says. Never removed are
//  - the newest good backup of each server (system identifier), and the newest min_keep of them;
//  - what is in use, pinned, or in progress;
//  - what is damaged or broken: it never counts for a rule, and goes only by hand;
//  - what ended later than now: which clock is wrong cannot be told, so it counts for no rule;
//  - anything at all when no rule is set.
// The rules count over good backups in the order of their stop times (ties by id), never of names
// or timelines. A pinned backup counts as any other.
//
// A directory may hold backups of two servers, after pg_upgrade or a new initdb. Each is a group
// of its own: the rules count over each, so that the new server's backups never push out the old
// one's. A group that gets no more backups stays as its last backup left it, until someone deletes
// it by hand.
//
// Once no stop time lies in the future, the decision does not depend on `now`: a clock that jumps
// ahead by ten years removes nothing. Reads no clock and removes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plan/backup_condition.hpp"
#include "core/plan/time_zone.hpp"

namespace tsb {

struct BackupFacts {
    std::string id;
    std::uint64_t system_identifier = 0;
    SystemTime stopped_at;
    BackupCondition condition = BackupCondition::good;
    std::string in_use;                     // by what: "being restored"; empty: it is not
    std::optional<std::string> pin_reason;  // of `keep`; may be empty; nothing: not pinned
};

/// Rules of 0 are not set. keep_within is measured from the newest good backup, or from now when
/// that is earlier. keep_hourly to keep_yearly keep the newest backup of each of the last N periods
/// that have one.
struct RetentionPolicy {
    unsigned keep_last = 0;
    std::chrono::seconds keep_within{0};
    unsigned keep_hourly = 0;
    unsigned keep_daily = 0;
    unsigned keep_weekly = 0;  // ISO weeks, from Monday
    unsigned keep_monthly = 0;
    unsigned keep_yearly = 0;
    unsigned min_keep = 1;  // the newest good backups that no rule removes; 0 is taken as 1
    TimeZone zone;          // whose hours and days those are

    /// No rule is set, so everything is kept. min_keep is no rule: it removes nothing.
    bool empty() const;
    bool operator==(const RetentionPolicy&) const = default;
};

struct Verdict {
    std::string id;
    bool keep = true;
    std::vector<std::string> reasons;  // never empty
};

/// One verdict for each backup, in the order of `backups`, which may be any. Thread: any.
std::vector<Verdict> decide_retention(std::span<const BackupFacts> backups,
                                      const RetentionPolicy& policy, SystemTime now);

/// "keep: one of the last 7; newest of day 2026-11-20", "remove: no rule keeps it: not among the
/// last 7, ...": the same words wherever a verdict is shown. Thread: any.
std::string to_sentence(const Verdict& verdict);

}  // namespace tsb

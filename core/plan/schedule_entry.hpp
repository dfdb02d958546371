// One entry of a cluster's schedule: the moments at which its job is due.
//
// A slot is a moment that the entry's expression names. Of `cron` it is the first moment of a local
// minute (time_zone.hpp has the rule for clock changes: a local time that does not exist runs right
// after the gap, one that occurs twice runs once, the first time; so "0 * * * *" rests for the
// repeated hour). Of `every` slots are the multiples of the period since 1970-01-01 00:00 UTC: real
// time, whatever zone, first sight or restart.
//
// A slot outside the hours is due at their opening; all slots that wait for one opening run once,
// in the name of the last of them. Jitter then delays a run, always by the same time for the same
// slot; it never reaches the next slot nor leaves the hours.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/plan/cron.hpp"
#include "core/plan/run_hours.hpp"
#include "core/plan/time_zone.hpp"

namespace tsb {

/// What becomes of slots that nobody ran in time: the newest of them runs, or none.
enum class CatchUp { latest, none };

struct ScheduleEntry {
    ScheduleEntry(std::string kind_, CronExpression cron)
        : kind(std::move(kind_)), when(std::move(cron)) {}
    ScheduleEntry(std::string kind_, std::chrono::seconds every)
        : kind(std::move(kind_)), when(every) {}

    std::string kind;  // of the job: "backup", "verify", "drill"
    std::variant<CronExpression, std::chrono::seconds> when;
    TimeZone zone = TimeZone::machine();
    std::chrono::seconds jitter{0};
    RunHours hours;
    CatchUp catch_up = CatchUp::latest;
    std::optional<std::chrono::seconds> max_age;  // of a missed slot, since it was due; none: any

    /// "backup cron '0 2 * * *' Europe/Berlin", "verify every 21600s": who the entry is. One whose
    /// text, zone or kind was edited is a new one. Unique among a cluster's entries if they are.
    std::string key() const;
    /// Throws Error{config} where a duration is out of bounds: `every` 1 minute to 366 days, jitter
    /// 0 to 1 day, max_age more than 0.
    void check() const;
};

/// Slots that run together.
struct PlannedSlot {
    SystemTime slot;     // the last of them
    SystemTime opening;  // the slot itself, or the opening of the hours it waits for
    SystemTime due;      // opening and jitter
};

/// The first slot later than `time`. Thread: any.
SystemTime slot_after(const ScheduleEntry& entry, SystemTime time);
/// The last slot that is `time` or earlier. Thread: any.
SystemTime slot_at_or_before(const ScheduleEntry& entry, SystemTime time);
/// When `slot` is due, and what runs with it. Thread: any.
PlannedSlot planned(const ScheduleEntry& entry, SystemTime slot);

/// 0 to `most`, evenly spread, the same for the same arguments for ever: what makes delays that a
/// restart does not change. Thread: any.
std::chrono::seconds spread(const std::string& key, SystemTime slot, unsigned attempt,
                            std::chrono::seconds most);

}  // namespace tsb

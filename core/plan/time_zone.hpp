// A zone of the IANA database: which local time its clocks show at a moment, and when they show a
// given local time.
//
// Rule for clock changes, the only place that has it: a local time stands for the first moment at
// which the zone's clocks show it or a later one. So a local time that occurs twice stands for its
// first occurrence, and one that does not exist for the moment right after the gap. Later local
// times never stand for earlier moments.
//
// Knows nothing of schedules. Cheap to copy. Rules are those of the machine's tzdata; behind the
// last change that it lists (2037) the last offset holds for ever.
#pragma once

#include <chrono>
#include <string>

#include "core/base/clock.hpp"

namespace date {
class time_zone;
}

namespace tsb {

using LocalTime = std::chrono::local_seconds;

/// Thread: any.
class TimeZone {
public:
    /// "UTC" needs no database. Throws Error{config} for an unknown name, with the nearest known
    /// one as hint, and where the database cannot be read.
    static TimeZone find(const std::string& name);
    /// The zone that TZ names (a name of the database, a leading colon is allowed), else that of
    /// /etc/localtime, else UTC.
    static TimeZone machine();
    /// UTC
    TimeZone() = default;

    const std::string& name() const;
    /// What the clocks show at `time`; parts of a second are cut off.
    LocalTime to_local(SystemTime time) const;
    /// The greatest local time shown until `time`: later than to_local() while the clocks, put
    /// back, show an hour again. first_moment(local) <= time is the same as local <= reached(time).
    LocalTime reached(SystemTime time) const;
    /// The first moment at which the clocks show `local` or a later time.
    SystemTime first_moment(LocalTime local) const;
    /// The first moment after `time` at which the offset or its name changes; SystemTime::max():
    /// never.
    SystemTime next_change(SystemTime time) const;
    /// "2026-11-23 02:00 CET"
    std::string text(SystemTime time) const;

    bool operator==(const TimeZone&) const = default;

private:
    explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}

    const date::time_zone* zone_ = nullptr;  // owned by the database, which is never dropped
};

}  // namespace tsb

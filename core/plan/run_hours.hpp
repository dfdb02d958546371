// The hours in which runs may start: inside one of the windows (without any: always) and in no
// blackout. Both are spans of local time, "22:00-06:00" or "mon-fri 08:00-18:00"; the days are
// those on which a span begins, its end may lie on the day after. There is always a next opening.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/plan/cron_field.hpp"
#include "core/plan/time_zone.hpp"

namespace tsb {

struct DailySpan {
    NumberSet weekdays;  // 0: Sunday
    std::chrono::minutes from{0};
    std::chrono::minutes to{0};  // later than `from`, at most a day

    /// Throws Error{config}. "08:00-08:00" is a whole day, so is "00:00-24:00". Thread: any.
    static DailySpan parse(std::string_view text);
    bool contains(LocalTime local) const;
    bool operator==(const DailySpan&) const = default;
};

/// Thread: any.
class RunHours {
public:
    /// Always.
    RunHours() = default;
    /// Throws Error{config} for a malformed span, and when no time of the week is left.
    static RunHours parse(const std::vector<std::string>& windows,
                          const std::vector<std::string>& blackouts);

    bool open_at(LocalTime local) const;
    /// `from` when runs may start then, else the first moment after it at which they may.
    SystemTime opening(const TimeZone& zone, SystemTime from) const;

    bool operator==(const RunHours&) const = default;

private:
    std::optional<LocalTime> next_edge(LocalTime after) const;
    void refuse_never_open() const;

    std::vector<DailySpan> windows_;
    std::vector<DailySpan> blackouts_;
};

}  // namespace tsb

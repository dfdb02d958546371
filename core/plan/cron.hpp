// A cron expression: which local minutes it names.
//
// Five fields as in crontab(5): minute, hour, day of month, month, day of week; or one of the names
// @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. Where both days are
// restricted, a day matches that one of them names; a field that begins with '*' (so "*/2" too)
// restricts nothing by itself and both must match. Every expression that was parsed occurs again
// and again. Knows no zone: what a local minute means is TimeZone's.
#pragma once

#include <string>
#include <string_view>

#include "core/plan/cron_field.hpp"
#include "core/plan/time_zone.hpp"

namespace tsb {

/// Thread: any.
class CronExpression {
public:
    /// Throws Error{config}: which field, and what was expected; also for what never occurs, such
    /// as 30 February.
    static CronExpression parse(std::string_view text);

    /// As written, with single spaces.
    const std::string& text() const { return text_; }
    bool matches(LocalTime local) const;
    /// The first named minute later than `local`.
    LocalTime after(LocalTime local) const;
    /// The last named minute that is `local` or earlier.
    LocalTime at_or_before(LocalTime local) const;

    bool operator==(const CronExpression&) const = default;

private:
    using Date = std::chrono::year_month_day;

    CronExpression() = default;
    void refuse_never() const;
    bool has_day(Date date) const;

    std::string text_;
    NumberSet minutes_;
    NumberSet hours_;
    NumberSet days_;
    NumberSet months_;
    NumberSet weekdays_;
    bool either_day_ = false;  // both days are restricted
};

}  // namespace tsb

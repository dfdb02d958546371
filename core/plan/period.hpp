// The periods of the calendar that retention counts in, by their names.
//
// Two times are in the same period when its name is the same. Does not know zones: the caller
// gives local time and its distance from UTC.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tsb {

enum class Period { hour, day, week, month, year };
std::string_view to_string(Period period);

/// The name of the period that holds `local`: "2026-11-20 14:00+01:00", "2026-11-20", "2026-W47"
/// (ISO 8601: weeks begin on Monday and belong to the year of their Thursday), "2026-11", "2026".
/// An hour that the clocks run through twice is two hours: `utc_offset` (local time less UTC)
/// tells them apart. Thread: any.
std::string period_name(Period period, std::chrono::local_seconds local,
                        std::chrono::seconds utc_offset);

}  // namespace tsb

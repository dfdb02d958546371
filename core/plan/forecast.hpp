// What an entry will do: the runs to come, and how far they lie apart.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/plan/schedule.hpp"

namespace tsb {

struct PlannedRun {
    SystemTime slot;
    SystemTime due;
    std::string note;  // why not simply at the slot: "right after the gap of the clock change"
};

/// The next `count` runs if each ends well and in time; a retry or catch-up that is due is the
/// first of them, due now. Thread: any.
std::vector<PlannedRun> next_runs(const ScheduleEntry& entry, const EntryState& state,
                                  SystemTime now, std::size_t count);

/// The longest time between two runs in a row, from the one before `now` over the 5 weeks to come
/// (at least 4 runs), jitter left out. Walks over all of them: keep the answer for a while.
/// Thread: any.
std::chrono::seconds period_of(const ScheduleEntry& entry, SystemTime now);

}  // namespace tsb

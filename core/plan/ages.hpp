// How old something is, between two times of the wall clock, which may be wrong.
//
// Keeps: no pair of times overflows, however far apart. Does not read a clock.
#pragma once

#include <chrono>

#include "core/base/clock.hpp"

namespace tsb {

/// How far two machines' clocks may differ before a time ahead of `now` is called the future.
constexpr std::chrono::seconds clock_tolerance = std::chrono::minutes(5);

/// Whole seconds from `from` to `to`; negative when `to` is the earlier. Thread: any.
inline std::chrono::seconds seconds_between(SystemTime from, SystemTime to) {
    return std::chrono::floor<std::chrono::seconds>(to.time_since_epoch()) -
           std::chrono::floor<std::chrono::seconds>(from.time_since_epoch());
}

/// Whether `time` is later than `now` by more than clocks differ. Thread: any.
inline bool is_in_future(SystemTime time, SystemTime now) {
    return seconds_between(now, time) > clock_tolerance;
}

}  // namespace tsb

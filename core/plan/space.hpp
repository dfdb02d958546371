// How fast a repository grows, and for how many days its free space lasts.
//
// From what it held in all at the end of each day, not from the backups that are there now: those
// do not show what prune has removed since, so a repository that no longer grows would seem to.
// Keeps: one large backup or one large prune does not move the estimate. Reads nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/plan/health_facts.hpp"

namespace tsb {

/// Bytes a day: the median of the slopes between all pairs of the last samples of the UTC days in
/// the 30 days before the newest sample. Nothing with samples of fewer than three days, and when
/// it does not grow. Thread: any.
std::optional<double> growth_per_day(std::span<const SpaceSample> history);

/// Whole days until `free_bytes` are used up at `bytes_per_day`, which is above 0; nothing when
/// that is more than ten years ahead, which is as good as never. Thread: any.
std::optional<unsigned> days_left(std::uint64_t free_bytes, double bytes_per_day);

}  // namespace tsb

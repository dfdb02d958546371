// Whether the newest of a series of measurements is far off those before it.
//
// Far off is what is more than four standard deviations from the median of up to 20 values before
// it, estimated by the median deviation, and at the same time more than a tolerated distance.
// Keeps: equal values do not alarm at a small change, and a new level is no longer far off when
// its fourth value in a row is there. Does not know what the values mean.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace tsb {

/// The distance that is never far: the greater of a share and of `least`.
struct Tolerance {
    double share;  // of the median; a half at least while there are fewer than five values
    double least;  // in the unit of the values
    /// `least` is at most this share of the median; nothing: it always holds whole.
    std::optional<double> least_at_most_share;
};

/// What the newest value was compared with.
struct Deviation {
    std::size_t count;  // values before it, 1 to 20
    double lowest;
    double highest;
    double median;
};

/// `values` newest first, none negative. Nothing when the newest is in line, or alone.
/// Thread: any.
std::optional<Deviation> deviation_of_newest(std::span<const double> values,
                                             const Tolerance& tolerance);

}  // namespace tsb

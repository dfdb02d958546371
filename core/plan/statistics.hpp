// The robust statistics that health needs: a few wild values among many do not move them.
#pragma once

#include <optional>
#include <vector>

namespace tsb {

/// The middle value, of an even number the mean of the two in the middle; nothing of none.
/// Thread: any.
std::optional<double> median(std::vector<double> values);
/// The median distance from `middle`; nothing of none. Thread: any.
std::optional<double> median_deviation(std::vector<double> values, double middle);

struct Point {
    double x;
    double y;
};

/// The median of the slopes between all pairs of points (Theil and Sen): up to 29 in 100 points may
/// be wild. Nothing without two different x. Takes the square of their number. Thread: any.
std::optional<double> robust_slope(const std::vector<Point>& points);

}  // namespace tsb

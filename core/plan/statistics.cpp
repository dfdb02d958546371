#include "core/plan/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace tsb {

std::optional<double> median(std::vector<double> values) {
    if (values.empty()) return std::nullopt;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    const double below = *std::max_element(values.begin(), middle);
    return below + (*middle - below) / 2;
}

std::optional<double> median_deviation(std::vector<double> values, double middle) {
    for (double& value : values) value = std::abs(value - middle);
    return median(std::move(values));
}

std::optional<double> robust_slope(const std::vector<Point>& points) {
    std::vector<double> slopes;
    for (std::size_t i = 0; i < points.size(); ++i) {
        for (std::size_t j = i + 1; j < points.size(); ++j) {
            const double run = points[j].x - points[i].x;
            if (run != 0) slopes.push_back((points[j].y - points[i].y) / run);
        }
    }
    return median(std::move(slopes));
}

}  // namespace tsb

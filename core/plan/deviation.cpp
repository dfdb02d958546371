#include "core/plan/deviation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/plan/statistics.hpp"

namespace tsb {
namespace {

constexpr std::size_t most_history = 20;
constexpr std::size_t few = 5;
constexpr double share_with_few = 0.5;
constexpr std::size_t settled_after = 3;  // values before the newest on the same level
constexpr double far = 4 * 1.4826;        // median deviations; 1.4826 of them are one sigma

double tolerated(double middle, const Tolerance& tolerance, std::size_t count) {
    const double share = count < few ? std::max(tolerance.share, share_with_few) : tolerance.share;
    const double least = tolerance.least_at_most_share
                             ? std::min(tolerance.least, *tolerance.least_at_most_share * middle)
                             : tolerance.least;
    return std::max(share * middle, least);
}

/// Whether the newest is on a level that is there for a while. The lower of both levels sets the
/// distance, else a rise would find the old level near.
bool is_settled(double newest, double middle, std::span<const double> before,
                const Tolerance& tolerance) {
    if (before.size() < settled_after) return false;
    const double distance = tolerated(std::min(newest, middle), tolerance, before.size());
    const auto level = before.first(settled_after);
    return std::all_of(level.begin(), level.end(),
                       [&](double value) { return std::abs(value - newest) <= distance; });
}

}  // namespace

std::optional<Deviation> deviation_of_newest(std::span<const double> values,
                                             const Tolerance& tolerance) {
    if (values.size() < 2) return std::nullopt;
    const double newest = values.front();
    const std::span<const double> before =
        values.subspan(1, std::min(values.size() - 1, most_history));
    const std::vector<double> history(before.begin(), before.end());
    const double middle = *median(history);
    // The median deviation of a few values says nothing.
    const double spread = history.size() < few ? 0 : *median_deviation(history, middle);
    const double allowed = std::max(far * spread, tolerated(middle, tolerance, history.size()));
    if (std::abs(newest - middle) <= allowed) return std::nullopt;
    if (is_settled(newest, middle, before, tolerance)) return std::nullopt;
    const auto [lowest, highest] = std::minmax_element(history.begin(), history.end());
    return Deviation{history.size(), *lowest, *highest, middle};
}

}  // namespace tsb

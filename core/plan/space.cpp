#include "core/plan/space.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "core/plan/ages.hpp"
#include "core/plan/statistics.hpp"

namespace tsb {
namespace {

using std::chrono::seconds;

constexpr std::chrono::days window{30};
constexpr std::size_t fewest_days = 3;
constexpr double most_days = 3650;

}  // namespace

std::optional<double> growth_per_day(std::span<const SpaceSample> history) {
    if (history.empty()) return std::nullopt;
    const auto earlier = [](const SpaceSample& a, const SpaceSample& b) { return a.at < b.at; };
    const SystemTime newest = std::max_element(history.begin(), history.end(), earlier)->at;
    std::map<std::int64_t, const SpaceSample*> last_of_day;
    for (const SpaceSample& sample : history) {
        if (seconds_between(sample.at, newest) > window) continue;
        const auto day = std::chrono::floor<std::chrono::days>(sample.at.time_since_epoch());
        const SpaceSample*& last = last_of_day[day.count()];
        if (last == nullptr || last->at < sample.at) last = &sample;
    }
    if (last_of_day.size() < fewest_days) return std::nullopt;

    std::vector<Point> points;
    for (const auto& [day, sample] : last_of_day) {
        const std::chrono::duration<double, std::chrono::days::period> age =
            seconds_between(newest, sample->at);
        points.push_back({age.count(), static_cast<double>(sample->stored_bytes)});
    }
    const std::optional<double> slope = robust_slope(points);
    if (!slope || *slope <= 0) return std::nullopt;
    return slope;
}

std::optional<unsigned> days_left(std::uint64_t free_bytes, double bytes_per_day) {
    const double days = static_cast<double>(free_bytes) / bytes_per_day;
    if (!(days <= most_days)) return std::nullopt;
    return static_cast<unsigned>(days);
}

}  // namespace tsb

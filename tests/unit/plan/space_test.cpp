#include "core/plan/space.hpp"

#include <algorithm>
#include <vector>

#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr double gigabyte = 1 << 30;
const SystemTime start = from_iso8601("2026-10-01T03:00:00Z");

/// A sample at the same time of each day, of so many GB.
std::vector<SpaceSample> daily(const std::vector<unsigned>& gigabytes) {
    std::vector<SpaceSample> samples;
    for (const unsigned size : gigabytes) {
        samples.push_back({start + days(samples.size()), std::uint64_t{size} << 30});
    }
    return samples;
}

}  // namespace

TEST_CASE("growth is told from samples of three days on") {
    CHECK_FALSE(growth_per_day({}).has_value());
    CHECK_FALSE(growth_per_day(daily({1})).has_value());
    CHECK_FALSE(growth_per_day(daily({1, 2})).has_value());
    CHECK(growth_per_day(daily({1, 2, 3})) == gigabyte);
    const std::vector<SpaceSample> one_day = {
        {start, 1}, {start + hours(1), 2}, {start + hours(2), 3}, {start + hours(3), 4}};
    CHECK_FALSE(growth_per_day(one_day).has_value());
}

TEST_CASE("what does not grow has no growth") {
    CHECK_FALSE(growth_per_day(daily({5, 5, 5, 5})).has_value());
    CHECK_FALSE(growth_per_day(daily({9, 8, 7, 6})).has_value());
    // A week is kept: each day one comes and one goes.
    CHECK_FALSE(growth_per_day(daily({70, 71, 70, 70, 69, 70, 71, 70, 70})).has_value());
}

TEST_CASE("one large backup and one large prune do not move the growth") {
    CHECK(growth_per_day(daily({10, 12, 14, 90, 18, 20, 22, 24, 26, 28})) == 2 * gigabyte);
    const auto growth = growth_per_day(daily({10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 5}));
    CHECK(growth.has_value());
    CHECK(*growth > 1.5 * gigabyte);
}

TEST_CASE("samples in any order, the last of each day and only of the last 30 days count") {
    auto samples = daily({1, 2, 3, 4});
    for (std::size_t i = 0; i < 4; ++i) {
        samples.push_back({start + days(i) - hours(1), 0});  // while a backup was being made
    }
    samples.push_back({start - days(28), 1'000 * std::uint64_t{1 << 30}});
    std::reverse(samples.begin(), samples.end());
    CHECK(growth_per_day(samples) == gigabyte);
    for (const int day : {27, 26, 25}) samples.push_back({start - days(day), 0});
    const auto slower = growth_per_day(samples);
    REQUIRE(slower.has_value());
    CHECK(*slower < gigabyte / 5);
}

TEST_CASE("days left are whole days, and none when that is far ahead") {
    CHECK(days_left(0, 1) == 0U);
    CHECK(days_left(99, 10) == 9U);
    CHECK(days_left(100, 10) == 10U);
    CHECK(days_left(3650, 1) == 3650U);
    CHECK_FALSE(days_left(3651, 1).has_value());
    CHECK_FALSE(days_left(~std::uint64_t{0}, 1e-300).has_value());
    CHECK_FALSE(days_left(0, 0).has_value());
}

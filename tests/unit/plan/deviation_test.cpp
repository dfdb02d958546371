#include "core/plan/deviation.hpp"

#include <vector>

#include "core/plan/statistics.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

constexpr Tolerance tenth{0.1, 0, std::nullopt};

/// `newest`, then 20 values that spread evenly from 490 to 509.
std::vector<double> before_even_spread(double newest) {
    std::vector<double> values = {newest};
    for (int i = 0; i < 20; ++i) values.push_back(490 + (i * 7) % 20);
    return values;
}

bool is_far(std::vector<double> values, const Tolerance& tolerance = tenth) {
    return deviation_of_newest(values, tolerance).has_value();
}

}  // namespace

TEST_CASE("the median is the middle value, or the mean of the two") {
    CHECK_FALSE(median({}).has_value());
    CHECK(median({4}) == 4);
    CHECK(median({9, 1}) == 5);
    CHECK(median({9, 1, 2}) == 2);
    CHECK(median({1, 100, 3, 2}) == 2.5);
    CHECK(median_deviation({1, 100, 3, 2}, 2) == 1);
    CHECK_FALSE(median_deviation({}, 2).has_value());
}

TEST_CASE("the robust slope is not moved by a few wild points") {
    CHECK_FALSE(robust_slope({}).has_value());
    CHECK_FALSE(robust_slope({{1, 1}}).has_value());
    CHECK_FALSE(robust_slope({{1, 1}, {1, 5}}).has_value());
    CHECK(robust_slope({{0, 0}, {1, 2}}) == 2);
    std::vector<Point> line;
    for (int x = 0; x < 20; ++x) line.push_back({double(x), 100.0 + 3 * x});
    for (const std::size_t wild : {2U, 7U, 11U, 18U}) line[wild].y = 1e12;
    CHECK(robust_slope(line) == 3);
}

TEST_CASE("a value alone is in line") {
    CHECK_FALSE(is_far({}));
    CHECK_FALSE(is_far({5}));
}

TEST_CASE("equal values do not alarm at a small change") {
    std::vector<double> values(21, 1000);
    for (const double newest : {1000., 1010., 990., 1100., 900.}) {
        values.front() = newest;
        CHECK_FALSE(is_far(values));
    }
    for (const double newest : {1101., 899., 0., 1e18}) {
        values.front() = newest;
        CHECK(is_far(values));
    }
}

TEST_CASE("values that spread alarm beyond four standard deviations") {
    // Median 499.5, median deviation 5: 29.65 to each side, less than a tenth.
    constexpr Tolerance none{0, 0, std::nullopt};
    CHECK_FALSE(is_far(before_even_spread(529), none));
    CHECK(is_far(before_even_spread(530), none));
    CHECK_FALSE(is_far(before_even_spread(470), none));
    CHECK(is_far(before_even_spread(469), none));
    CHECK_FALSE(is_far(before_even_spread(549)));

    const auto deviation = deviation_of_newest(before_even_spread(12), tenth);
    REQUIRE(deviation.has_value());
    CHECK(deviation->count == 20);
    CHECK(deviation->lowest == 490);
    CHECK(deviation->highest == 509);
    CHECK(deviation->median == 499.5);
}

TEST_CASE("one wild value before does not hide the next") {
    auto values = before_even_spread(12);
    values[5] = 12;
    values[9] = 1e9;
    CHECK(is_far(values));
}

TEST_CASE("only the last 20 values are compared with") {
    auto values = before_even_spread(500);
    values.insert(values.end(), 100, 5);
    CHECK_FALSE(is_far(values));
    values.front() = 5;
    CHECK(is_far(values));
}

TEST_CASE("few values alarm only at a change by more than a half") {
    CHECK_FALSE(is_far({150, 100}));
    CHECK(is_far({151, 100}));
    CHECK_FALSE(is_far({50, 100, 100, 100, 100}));
    CHECK(is_far({49, 100, 100, 100, 100}));
    CHECK(is_far({200, 100, 100, 50, 150}));  // how far those four spread says nothing
    CHECK(is_far({111, 100, 100, 100, 100, 100}));
}

TEST_CASE("the least distance holds whole, or to a share of the median") {
    const Tolerance whole{0.1, 60, std::nullopt};
    CHECK_FALSE(is_far({60, 0, 0, 0, 0, 0}, whole));
    CHECK(is_far({61, 0, 0, 0, 0, 0}, whole));
    const Tolerance capped{0.1, 60, 0.5};
    CHECK(is_far({61, 40, 40, 40, 40, 40}, capped));
    CHECK_FALSE(is_far({60, 40, 40, 40, 40, 40}, capped));
    CHECK_FALSE(is_far({260, 200, 200, 200, 200, 200}, capped));
    CHECK(is_far({261, 200, 200, 200, 200, 200}, capped));
}

TEST_CASE("a new level alarms three times, a way back as well") {
    std::vector<double> values(20, 500);
    for (const bool alarms : {true, true, true, false, false}) {
        values.insert(values.begin(), 12);
        CHECK(is_far(values) == alarms);
    }
    values.insert(values.begin(), 500);
    CHECK_FALSE(is_far(values));  // most of what was before is still 500
}

TEST_CASE("slow growth does not alarm") {
    std::vector<double> values;
    for (double size = 1000; size < 1e6; size *= 1.02) {
        values.insert(values.begin(), size);
        REQUIRE_FALSE(is_far(values));
    }
}

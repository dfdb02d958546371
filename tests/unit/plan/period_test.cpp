#include "core/plan/period.hpp"

#include <ctime>
#include <iomanip>
#include <sstream>

#include "tests/support/catch.hpp"

namespace tsb {
namespace {

using std::chrono::seconds;

std::string name_of(Period period, std::int64_t local, seconds utc_offset = seconds(0)) {
    return period_name(period, std::chrono::local_seconds(seconds(local)), utc_offset);
}

std::string by_libc(const char* format, std::time_t local) {
    std::tm fields{};
    REQUIRE(gmtime_r(&local, &fields) != nullptr);
    std::ostringstream text;
    text << std::put_time(&fields, format);
    return text.str();
}

}  // namespace

TEST_CASE("the names of days, weeks, months and years are those of the C library") {
    // Every day from 1901 to 2199, so every kind of year and of first week.
    for (std::int64_t day = -25'000; day < 84'000; ++day) {
        const std::int64_t local = day * 86400 + (day % 86400 + 86400) % 86400;
        CAPTURE(local);
        if (name_of(Period::day, local) != by_libc("%Y-%m-%d", local) ||
            name_of(Period::week, local) != by_libc("%G-W%V", local) ||
            name_of(Period::month, local) != by_libc("%Y-%m", local) ||
            name_of(Period::year, local) != by_libc("%Y", local)) {
            FAIL("differs");
        }
    }
}

TEST_CASE("weeks begin on Monday and belong to the year of their Thursday") {
    const auto week_of = [](int year, unsigned month, unsigned day) {
        const std::chrono::local_days date(std::chrono::year(year) / static_cast<int>(month) /
                                           static_cast<int>(day));
        return period_name(Period::week, date, seconds(0));
    };
    CHECK(week_of(2026, 11, 20) == "2026-W47");
    CHECK(week_of(2026, 11, 22) == "2026-W47");
    CHECK(week_of(2026, 11, 23) == "2026-W48");
    CHECK(week_of(2024, 12, 29) == "2024-W52");
    CHECK(week_of(2024, 12, 30) == "2025-W01");
    CHECK(week_of(2027, 1, 3) == "2026-W53");
    CHECK(week_of(2027, 1, 4) == "2027-W01");
}

TEST_CASE("an hour that the clocks run through twice is two hours") {
    const std::int64_t local = 1'761'445'800;  // 2025-10-26 02:30
    CHECK(name_of(Period::hour, local, seconds(7200)) == "2025-10-26 02:00+02:00");
    CHECK(name_of(Period::hour, local, seconds(3600)) == "2025-10-26 02:00+01:00");
    CHECK(name_of(Period::hour, local, seconds(-12600)) == "2025-10-26 02:00-03:30");
    CHECK(name_of(Period::hour, local) == "2025-10-26 02:00+00:00");
    CHECK(name_of(Period::hour, local + 1799) == "2025-10-26 02:00+00:00");
    CHECK(name_of(Period::hour, local + 1800) == "2025-10-26 03:00+00:00");
    CHECK(name_of(Period::hour, -1) == "1969-12-31 23:00+00:00");
}

}  // namespace tsb

#include "core/plan/run_hours.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/plan/times.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

using Texts = std::vector<std::string>;

std::string opening(const RunHours& hours, const char* zone, const char* from) {
    return to_iso8601(hours.opening(TimeZone::find(zone), utc(from)));
}

}  // namespace

TEST_CASE("without windows and blackouts it is always open") {
    CHECK(RunHours().open_at(local("2026-11-23 02:00")));
    CHECK(opening(RunHours::parse({}, {}), "Europe/Berlin", "2026-11-23 02:00") ==
          "2026-11-23T02:00:00Z");
}

TEST_CASE("hours open inside a window and outside the blackouts") {
    const RunHours nights = RunHours::parse({"22:00-06:00"}, {});
    const RunHours no_office = RunHours::parse({}, {"mon-fri 08:00-18:00"});
    const RunHours both = RunHours::parse({"22:00-06:00"}, {"00:00-01:00", "sun 00:00-24:00"});
    const RunHours friday_night = RunHours::parse({"fri 22:00-06:00"}, {});
    struct Row {
        const RunHours& hours;
        const char* time;  // 2026-11-23 is a monday
        bool open;
    };
    for (const Row& row : std::vector<Row>{{nights, "2026-11-23 21:59", false},
                                           {nights, "2026-11-23 22:00", true},
                                           {nights, "2026-11-23 05:59", true},
                                           {nights, "2026-11-23 06:00", false},
                                           {no_office, "2026-11-23 07:59", true},
                                           {no_office, "2026-11-23 08:00", false},
                                           {no_office, "2026-11-23 17:59", false},
                                           {no_office, "2026-11-23 18:00", true},
                                           {no_office, "2026-11-22 12:00", true},
                                           {both, "2026-11-23 00:30", false},
                                           {both, "2026-11-23 01:00", true},
                                           {both, "2026-11-22 23:00", false},
                                           {both, "2026-11-24 23:00", true},
                                           {friday_night, "2026-11-28 05:59", true},
                                           {friday_night, "2026-11-28 22:00", false},
                                           {friday_night, "2026-11-27 05:00", false}}) {
        CAPTURE(row.time);
        CHECK(row.hours.open_at(local(row.time)) == row.open);
    }
}

TEST_CASE("the opening is the first moment at which hours are open") {
    const RunHours nights = RunHours::parse({"22:00-06:00"}, {});
    CHECK(opening(nights, "Europe/Berlin", "2026-11-23 12:00") == "2026-11-23T21:00:00Z");
    CHECK(opening(nights, "Europe/Berlin", "2026-11-23 22:00") == "2026-11-23T22:00:00Z");
    const RunHours weekend = RunHours::parse({"sat 10:00-12:00"}, {"00:00-11:00"});
    CHECK(opening(weekend, "UTC", "2026-11-23 12:00") == "2026-11-28T11:00:00Z");
    CHECK(opening(weekend, "UTC", "2026-11-28 12:00") == "2026-12-05T11:00:00Z");
}

TEST_CASE("hours follow the clocks when they are changed") {
    // The window of one hour does not exist on that day; the blackout ends in the gap.
    const RunHours window = RunHours::parse({"02:00-03:00"}, {});
    CHECK(opening(window, "Europe/Berlin", "2026-03-29 00:30") == "2026-03-30T00:00:00Z");
    const RunHours blackout = RunHours::parse({}, {"00:00-02:30"});
    CHECK(opening(blackout, "Europe/Berlin", "2026-03-29 00:30") == "2026-03-29T01:00:00Z");
    // Shown twice, the blackout is observed twice.
    CHECK(opening(blackout, "Europe/Berlin", "2026-10-25 00:10") == "2026-10-25T00:30:00Z");
    CHECK(opening(blackout, "Europe/Berlin", "2026-10-25 01:10") == "2026-10-25T01:30:00Z");
}

TEST_CASE("the opening is the one that a walk over the minutes finds") {
    const TimeZone zone = TimeZone::find("Australia/Lord_Howe");
    const std::vector<RunHours> all = {
        RunHours::parse({"22:15-01:45"}, {}),
        RunHours::parse({}, {"01:30-02:10", "sun 00:00-01:00", "tue-thu 20:00-20:00"}),
        RunHours::parse({"fri-sun 00:00-24:00", "01:00-03:00"}, {"02:00-02:15"})};
    for (const RunHours& hours : all) {
        // Both changes of 2026, and six days before and after.
        for (const char* change : {"2026-04-04 15:00", "2026-10-03 15:30"}) {
            SystemTime at = utc(change) + std::chrono::days(6);
            while (!hours.open_at(zone.to_local(at))) at += std::chrono::minutes(1);
            SystemTime expected = at;
            for (; at > utc(change) - std::chrono::days(6); at -= std::chrono::minutes(1)) {
                if (hours.open_at(zone.to_local(at))) expected = at;
                REQUIRE(to_iso8601(hours.opening(zone, at)) == to_iso8601(expected));
            }
        }
    }
}

TEST_CASE("malformed hours are refused") {
    for (const char* bad :
         {"", "22:00", "22-06", "22:00-06:00 ", " 22:00-06:00", "22:00 - 06:00", "24:00-06:00",
          "22:00-24:01", "22:60-06:00", "2:00-06:00", "22:00-06:0", "+2:00-06:00", "-1:00-06:00",
          "foo 22:00-06:00", "8 22:00-06:00", "fri-mon 22:00-06:00", "mon  22:00-06:00"}) {
        CAPTURE(bad);
        const Error error = error_of([&] { RunHours::parse({bad}, {}); });
        CHECK(error.code() == ErrorCode::config);
        CHECK(std::string(error.what()).starts_with("cannot read hours"));
    }
    for (const auto& [windows, blackouts] :
         std::vector<std::pair<Texts, Texts>>{{{}, {"00:00-24:00"}},
                                              {{}, {"08:00-08:00"}},
                                              {{"08:00-10:00"}, {"07:00-12:00"}},
                                              {{"sat 10:00-11:00"}, {"sat,sun 00:00-24:00"}},
                                              {{}, {"06:00-18:00", "18:00-06:00"}}}) {
        const Error error = error_of([&] { RunHours::parse(windows, blackouts); });
        CHECK(std::string(error.what()) ==
              "cannot use these hours: the blackouts leave no time of the week");
    }
    CHECK_NOTHROW(RunHours::parse({"sat 10:00-11:00"}, {"sat 10:00-10:59"}));
}

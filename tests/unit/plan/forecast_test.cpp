#include "core/plan/forecast.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/plan/times.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

ScheduleEntry entry_of(const char* cron, const char* zone = "Europe/Berlin") {
    ScheduleEntry entry("backup", CronExpression::parse(cron));
    entry.zone = TimeZone::find(zone);
    return entry;
}

std::string forecast(const ScheduleEntry& entry, const EntryState& state, const char* now,
                     std::size_t count) {
    std::string text;
    for (const PlannedRun& run : next_runs(entry, state, utc(now), count)) {
        text += entry.zone.text(run.slot) + " at " + entry.zone.text(run.due);
        text += (run.note.empty() ? "" : ": ") + run.note + "\n";
    }
    return text;
}

seconds period(const ScheduleEntry& entry, const char* now) {
    return period_of(entry, utc(now));
}

}  // namespace

TEST_CASE("the next runs are listed with what moves them") {
    CHECK(forecast(entry_of("30 2 * * *"), {}, "2026-03-27 12:00", 3) ==
          "2026-03-28 02:30 CET at 2026-03-28 02:30 CET\n"
          "2026-03-29 03:00 CEST at 2026-03-29 03:00 CEST: "
          "right after the gap of the clock change\n"
          "2026-03-30 02:30 CEST at 2026-03-30 02:30 CEST\n");
    CHECK(forecast(entry_of("30 2,3 * * *"), {}, "2026-10-24 12:00", 3) ==
          "2026-10-25 02:30 CEST at 2026-10-25 02:30 CEST: "
          "the first of two times, the clocks are put back\n"
          "2026-10-25 03:30 CET at 2026-10-25 03:30 CET\n"
          "2026-10-26 02:30 CET at 2026-10-26 02:30 CET\n");
    CHECK(forecast(entry_of("0 2 * * *"), {}, "2026-10-24 12:00", 0).empty());
}

TEST_CASE("what waits for the hours, was missed or failed comes first and says so") {
    ScheduleEntry entry = entry_of("0 */6 * * *", "UTC");
    entry.hours = RunHours::parse({"20:00-05:00"}, {});
    EntryState state;
    state.handled_until = utc("2026-11-22 18:00");
    CHECK(forecast(entry, state, "2026-11-23 03:00", 3) ==
          "2026-11-23 00:00 UTC at 2026-11-23 03:00 UTC: catch-up of a missed slot\n"
          "2026-11-23 18:00 UTC at 2026-11-23 20:00 UTC: when the hours open\n"
          "2026-11-24 00:00 UTC at 2026-11-24 00:00 UTC\n");
    state.handled_until = utc("2026-11-23 00:00");
    state.failures = 2;
    state.retry_at = utc("2026-11-23 03:10");
    CHECK(forecast(entry, state, "2026-11-23 03:00", 2) ==
          "2026-11-23 00:00 UTC at 2026-11-23 03:10 UTC: attempt 3 after a failure\n"
          "2026-11-23 18:00 UTC at 2026-11-23 20:00 UTC: when the hours open\n");
}

TEST_CASE("the forecast is what decide() then does") {
    for (const char* zone : {"America/New_York", "Australia/Lord_Howe"}) {
        ScheduleEntry entry = entry_of("*/40 1-3,12 * * *", zone);
        entry.jitter = minutes(7);
        entry.hours = RunHours::parse({}, {"02:10-03:10"});
        for (const char* begin :
             {"2026-03-06 00:00", "2026-04-03 00:00", "2026-10-02 00:00", "2026-10-30 00:00"}) {
            EntryState state;
            SystemTime now = utc(begin);
            for (const PlannedRun& run : next_runs(entry, {}, now, 40)) {
                Decision decision = decide(entry, state, now);
                REQUIRE(decision.action == Decision::Action::wait);
                now = decision.due;
                decision = decide(entry, decision.state, now);
                REQUIRE(decision.action == Decision::Action::run);
                REQUIRE(to_iso8601(decision.slot) == to_iso8601(run.slot));
                REQUIRE(to_iso8601(decision.due) == to_iso8601(run.due));
                state = after_success(decision.state, now);
            }
        }
    }
}

TEST_CASE("the period is the longest time between two runs") {
    CHECK(period(entry_of("0 2 * * *"), "2026-11-23 12:00") == hours(24));
    CHECK(period(entry_of("0 2 * * *"), "2026-10-01 12:00") == hours(25));
    CHECK(period(entry_of("0 2 * * mon-fri"), "2026-11-23 12:00") == hours(72));
    CHECK(period(entry_of("0 2 1 * *", "UTC"), "2026-02-03 12:00") == days(31));
    CHECK(period(entry_of("* * 1 1 *", "UTC"), "2026-06-01 12:00") == days(364) + minutes(1));
    CHECK(period(entry_of("0 0 29 2 *", "UTC"), "2026-06-01 12:00") == days(1461));
    ScheduleEntry every("backup", hours(1));
    every.zone = TimeZone();
    CHECK(period(every, "2026-06-01 12:00") == hours(1));
    every.hours = RunHours::parse({}, {"08:00-18:00"});
    CHECK(period(every, "2026-06-01 12:00") == hours(11));
}

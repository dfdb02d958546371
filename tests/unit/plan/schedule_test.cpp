#include "core/plan/schedule.hpp"

#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/plan/times.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

ScheduleEntry nightly() {
    ScheduleEntry entry("backup", CronExpression::parse("0 2 * * *"));
    entry.zone = TimeZone::find("Europe/Berlin");  // 01:00 UTC in november
    return entry;
}

ScheduleEntry hourly(std::vector<std::string> blackouts) {
    ScheduleEntry entry("backup", hours(1));
    entry.zone = TimeZone();
    entry.hours = RunHours::parse({}, blackouts);
    return entry;
}

EntryState handled(const char* slot) {
    EntryState state;
    state.handled_until = utc(slot);
    return state;
}

/// "run 2026-11-23T01:00:00Z due 2026-11-23T01:00:00Z"
std::string text(const Decision& decision) {
    return (decision.action == Decision::Action::run ? "run " : "wait ") +
           to_iso8601(decision.slot) + " due " + to_iso8601(decision.due);
}

std::string skipped(const Decision& decision) {
    std::string all;
    for (const SkippedSlots& slots : decision.skipped) all += slots.text(TimeZone()) + "\n";
    return all;
}

}  // namespace

TEST_CASE("an entry begins at its first sight and runs each slot once") {
    const ScheduleEntry entry = nightly();
    Decision decision = decide(entry, {}, utc("2026-11-23 09:00"));
    CHECK(text(decision) == "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
    CHECK(decision.skipped.empty());

    decision = decide(entry, decision.state, utc("2026-11-24 01:00"));
    CHECK(text(decision) == "run 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
    CHECK(decision.cause == RunCause::on_time);
    CHECK(decision.attempt == 1);
    const EntryState after = after_success(decision.state, utc("2026-11-24 01:10"));
    CHECK(text(decide(entry, after, utc("2026-11-24 01:10"))) ==
          "wait 2026-11-25T01:00:00Z due 2026-11-25T01:00:00Z");
}

TEST_CASE("after downtime the newest missed slot runs once, and the others are accounted for") {
    const ScheduleEntry entry = nightly();
    const Decision decision = decide(entry, handled("2026-11-20 01:00"), utc("2026-11-23 09:00"));
    CHECK(text(decision) == "run 2026-11-23T01:00:00Z due 2026-11-23T01:00:00Z");
    CHECK(decision.cause == RunCause::catch_up);
    CHECK(skipped(decision) ==
          "2 slots from 2026-11-21 01:00 UTC to 2026-11-22 01:00 UTC: "
          "missed while the daemon was down or asleep\n");
    const EntryState after = after_success(decision.state, utc("2026-11-23 09:10"));
    CHECK(text(decide(entry, after, utc("2026-11-23 09:10"))) ==
          "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
}

TEST_CASE("catch_up none skips what was missed, but not what is a little late") {
    ScheduleEntry entry = nightly();
    entry.catch_up = CatchUp::none;
    EntryState state = handled("2026-11-22 01:00");
    state.failures = 3;
    CHECK(text(decide(entry, state, utc("2026-11-23 01:05"))) ==
          "run 2026-11-23T01:00:00Z due 2026-11-23T01:00:00Z");
    const Decision late = decide(entry, state, utc("2026-11-23 01:05") + seconds(1));
    CHECK(text(late) == "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
    CHECK(skipped(late) == "2026-11-23 01:00 UTC: missed while the daemon was down or asleep\n");
    CHECK(late.state.failures == 0);
    CHECK(decide(entry, late.state, utc("2026-11-23 01:10")).skipped.empty());
}

TEST_CASE("a missed slot older than max_age is skipped") {
    ScheduleEntry entry = nightly();
    entry.max_age = hours(6);
    const EntryState state = handled("2026-11-22 01:00");
    CHECK(text(decide(entry, state, utc("2026-11-23 07:00"))) ==
          "run 2026-11-23T01:00:00Z due 2026-11-23T01:00:00Z");
    const Decision old = decide(entry, state, utc("2026-11-23 07:01"));
    CHECK(text(old) == "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
    CHECK(skipped(old) == "2026-11-23 01:00 UTC: missed, and older than max_age allows\n");
}

TEST_CASE("a missed slot gives way to one that only waits for its jitter or the hours") {
    ScheduleEntry entry = hourly({"03:30-09:30"});
    const EntryState state = handled("2026-11-23 01:00");
    CHECK(text(decide(entry, state, utc("2026-11-23 03:40"))) ==
          "wait 2026-11-23T09:00:00Z due 2026-11-23T09:30:00Z");
    entry.jitter = minutes(29);
    const PlannedSlot newer = planned(entry, utc("2026-11-23 03:00"));
    REQUIRE(newer.due > newer.slot);
    const Decision wait = decide(entry, state, newer.slot);
    CHECK(wait.action == Decision::Action::wait);
    CHECK(to_iso8601(wait.due) == to_iso8601(newer.due));
    const Decision run = decide(entry, wait.state, newer.due);
    CHECK(to_iso8601(run.slot) == "2026-11-23T03:00:00Z");
    CHECK(skipped(run) == "2026-11-23 02:00 UTC: missed while the daemon was down or asleep\n");
}

TEST_CASE("slots that pass during a run are put down to it") {
    const ScheduleEntry entry = hourly({});
    const Decision run = decide(entry, handled("2026-11-23 00:00"), utc("2026-11-23 01:00"));
    const EntryState after = after_success(run.state, utc("2026-11-23 04:30"));
    const Decision next = decide(entry, after, utc("2026-11-23 04:30"));
    CHECK(text(next) == "run 2026-11-23T04:00:00Z due 2026-11-23T04:00:00Z");
    CHECK(skipped(next) ==
          "2 slots from 2026-11-23 02:00 UTC to 2026-11-23 03:00 UTC: "
          "missed while the run before was going on\n");
    // The daemon was down besides.
    const Decision later = decide(entry, after, utc("2026-11-23 07:30"));
    CHECK(skipped(later) ==
          "3 slots from 2026-11-23 02:00 UTC to 2026-11-23 04:00 UTC: "
          "missed while the run before was going on\n"
          "2 slots from 2026-11-23 05:00 UTC to 2026-11-23 06:00 UTC: "
          "missed while the daemon was down or asleep\n");
}

TEST_CASE("slots within a blackout run once at its end, in the name of the last") {
    const ScheduleEntry entry = hourly({"08:00-17:30"});
    const EntryState state = handled("2026-11-23 07:00");
    for (const char* now : {"2026-11-23 07:10", "2026-11-23 08:00", "2026-11-23 17:29"}) {
        const Decision wait = decide(entry, state, utc(now));
        CHECK(text(wait) == "wait 2026-11-23T17:00:00Z due 2026-11-23T17:30:00Z");
        CHECK(wait.state == state);
        CHECK(wait.skipped.empty());
    }
    const Decision run = decide(entry, state, utc("2026-11-23 17:30"));
    CHECK(text(run) == "run 2026-11-23T17:00:00Z due 2026-11-23T17:30:00Z");
    CHECK(run.cause == RunCause::hours_opened);
    CHECK(skipped(run) ==
          "9 slots from 2026-11-23 08:00 UTC to 2026-11-23 16:00 UTC: "
          "within a blackout or outside the window\n");
}

TEST_CASE("waiting for a blackout's end is no ageing, being missed before it is") {
    ScheduleEntry entry = nightly();
    entry.zone = TimeZone();
    entry.max_age = hours(1);
    entry.hours = RunHours::parse({}, {"01:00-09:00"});
    const EntryState state = handled("2026-11-22 02:00");
    CHECK(text(decide(entry, state, utc("2026-11-23 09:00"))) ==
          "run 2026-11-23T02:00:00Z due 2026-11-23T09:00:00Z");

    entry.hours = RunHours::parse({}, {"02:30-09:00"});
    const Decision missed = decide(entry, state, utc("2026-11-23 03:00"));
    CHECK(text(missed) == "wait 2026-11-24T02:00:00Z due 2026-11-24T02:00:00Z");
    CHECK(skipped(missed) == "2026-11-23 02:00 UTC: missed, and older than max_age allows\n");
    entry.max_age = hours(7);
    const Decision deferred = decide(entry, state, utc("2026-11-23 03:00"));
    CHECK(text(deferred) == "wait 2026-11-23T02:00:00Z due 2026-11-23T09:00:00Z");
    CHECK(text(decide(entry, deferred.state, utc("2026-11-23 09:00"))) ==
          "run 2026-11-23T02:00:00Z due 2026-11-23T02:00:00Z");
}

TEST_CASE("a failed run is tried again after 1, 2, 4 ... 60 minutes, until the next slot") {
    const ScheduleEntry entry = nightly();
    SystemTime now = utc("2026-11-23 01:00");
    Decision decision = decide(entry, handled("2026-11-22 01:00"), now);
    const SystemTime next_slot = utc("2026-11-24 01:00");
    unsigned attempts = 0;
    for (seconds middle = minutes(1);; middle = std::min<seconds>(middle * 2, hours(1))) {
        REQUIRE(decision.action == Decision::Action::run);
        ++attempts;
        CHECK(decision.attempt == attempts);
        CHECK(to_iso8601(decision.slot) == "2026-11-23T01:00:00Z");
        now += seconds(10);
        const EntryState failed = after_retryable_failure(entry, decision.state, now);
        CHECK(failed.failures == attempts);
        if (!failed.retry_at) {
            CHECK(now + middle * 6 / 5 >= next_slot);
            decision = decide(entry, failed, now);
            break;
        }
        CHECK(*failed.retry_at - now >= middle * 4 / 5);
        CHECK(*failed.retry_at - now <= middle * 6 / 5);
        CHECK(*failed.retry_at < next_slot);
        const Decision wait = decide(entry, failed, now);
        CHECK(wait.cause == RunCause::retry);
        CHECK(wait.attempt == attempts + 1);
        CHECK(wait.due == failed.retry_at);
        now = *failed.retry_at;
        decision = decide(entry, failed, now);
    }
    CHECK(attempts > 20);
    CHECK(text(decision) == "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
}

TEST_CASE("an error that only a person can mend waits for the next slot") {
    const ScheduleEntry entry = nightly();
    const Decision run = decide(entry, handled("2026-11-22 01:00"), utc("2026-11-23 01:00"));
    const EntryState failed = after_final_failure(run.state, utc("2026-11-23 01:01"));
    CHECK(failed.failures == 1);
    CHECK(text(decide(entry, failed, utc("2026-11-23 01:01"))) ==
          "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
}

TEST_CASE("a retry keeps to the hours and gives way to a slot") {
    ScheduleEntry entry = hourly({"01:30-03:30"});
    const EntryState before = handled("2026-11-23 00:00");
    const Decision run = decide(entry, before, utc("2026-11-23 01:00"));
    // In the blackout, at whose end newer slots run anyway.
    CHECK_FALSE(after_retryable_failure(entry, run.state, utc("2026-11-23 01:30")).retry_at);

    entry.hours = RunHours::parse({}, {"01:30-01:50"});
    const EntryState failed = after_retryable_failure(entry, run.state, utc("2026-11-23 01:30"));
    REQUIRE(failed.retry_at);
    CHECK(to_iso8601(*failed.retry_at) == "2026-11-23T01:50:00Z");
    // Asleep until the next slot has come.
    const Decision slot = decide(entry, failed, utc("2026-11-23 02:00"));
    CHECK(text(slot) == "run 2026-11-23T02:00:00Z due 2026-11-23T02:00:00Z");
    CHECK(slot.attempt == 1);
    CHECK(slot.state.failures == 1);
}

TEST_CASE("a run whose end was never told counts as failed") {
    const ScheduleEntry entry = nightly();
    const Decision run = decide(entry, handled("2026-11-22 01:00"), utc("2026-11-23 01:00"));
    const Decision restarted = decide(entry, run.state, utc("2026-11-23 01:30"));
    CHECK(restarted.action == Decision::Action::run);
    CHECK(restarted.cause == RunCause::retry);
    CHECK(to_iso8601(restarted.slot) == "2026-11-23T01:00:00Z");
    CHECK(restarted.attempt == 2);
}

TEST_CASE("a last slot far in the future was handled by a wrong clock") {
    const ScheduleEntry entry = nightly();
    const EntryState state = handled("2036-01-01 01:00");
    const Decision decision = decide(entry, state, utc("2026-11-23 09:00"));
    CHECK(decision.doubted == utc("2036-01-01 01:00"));
    CHECK(text(decision) == "wait 2026-11-24T01:00:00Z due 2026-11-24T01:00:00Z");
    CHECK_FALSE(decide(entry, decision.state, utc("2026-11-23 09:01")).doubted);
    // A day is what a clock may be put back.
    const Decision put_back = decide(entry, handled("2026-11-24 01:00"), utc("2026-11-23 00:30"));
    CHECK_FALSE(put_back.doubted);
    CHECK(text(put_back) == "wait 2026-11-25T01:00:00Z due 2026-11-25T01:00:00Z");
}

TEST_CASE("a retry does not wait for a clock that was put back") {
    const ScheduleEntry entry = nightly();
    EntryState state = handled("2026-11-24 01:00");
    state.failures = 1;
    state.retry_at = utc("2026-11-24 01:20");
    const Decision decision = decide(entry, state, utc("2026-11-23 01:21"));
    CHECK(decision.action == Decision::Action::run);
    CHECK(decision.cause == RunCause::retry);
}

TEST_CASE("a state from the ends of time is no overflow") {
    const ScheduleEntry entry = nightly();
    for (const SystemTime wild : {SystemTime::min(), SystemTime::max()}) {
        EntryState state;
        state.handled_until = wild;
        state.retry_at = wild;
        state.ended_at = wild;
        state.failures = 4000000000;
        const Decision decision = decide(entry, state, utc("2026-11-23 09:00"));
        CHECK(decision.slot >= utc("2026-11-23 01:00"));
        CHECK(decision.slot <= utc("2026-11-24 01:00"));
        for (const SkippedSlots& slots : decision.skipped) {
            CHECK(slots.count <= SkippedSlots::most);
        }
    }
}

TEST_CASE("jitter is the same for a slot, spread over slots, and stays before the next") {
    ScheduleEntry entry = nightly();
    entry.jitter = minutes(10);
    std::set<SystemTime::duration> delays;
    SystemTime slot = utc("2026-11-23 01:00");
    for (int i = 0; i < 200; ++i) {
        const PlannedSlot plan = planned(entry, slot);
        CHECK(plan.due == planned(entry, slot).due);
        CHECK(plan.due - slot >= seconds(0));
        CHECK(plan.due - slot <= minutes(10));
        delays.insert(plan.due - slot);
        slot = slot_after(entry, slot);
    }
    CHECK(delays.size() > 120);
    CHECK(*delays.begin() < minutes(1));
    CHECK(*delays.rbegin() > minutes(9));

    ScheduleEntry dense("backup", minutes(1));
    dense.zone = TimeZone();
    dense.jitter = hours(24);
    for (slot = utc("2026-11-23 01:00"); slot < utc("2026-11-23 21:00"); slot += minutes(1)) {
        REQUIRE(planned(dense, slot).due < slot + minutes(1));
    }
    // One that would leave the window is left out.
    ScheduleEntry narrow = hourly({"01:01-01:00"});
    narrow.jitter = minutes(59);
    CHECK(planned(narrow, utc("2026-11-23 01:00")).due < utc("2026-11-23 01:01"));
}

TEST_CASE("an edited entry has another key, and durations have bounds") {
    const ScheduleEntry entry = nightly();
    CHECK(entry.key() == "backup cron '0 2 * * *' Europe/Berlin");
    CHECK(hourly({}).key() == "backup every 3600s");
    ScheduleEntry zoned = nightly();
    zoned.zone = TimeZone();
    CHECK(zoned.key() != entry.key());

    CHECK_NOTHROW(entry.check());
    CHECK(std::string(error_of([] { ScheduleEntry("backup", seconds(59)).check(); }).what()) ==
          "cannot use every of 59 s: expected 60 to 31622400 s");
    CHECK_THROWS_AS(ScheduleEntry("backup", hours(24 * 367)).check(), Error);
    ScheduleEntry jumpy = nightly();
    jumpy.jitter = hours(25);
    CHECK_THROWS_AS(jumpy.check(), Error);
    ScheduleEntry young = nightly();
    young.max_age = seconds(0);
    CHECK_THROWS_AS(young.check(), Error);
}

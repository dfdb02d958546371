// What the scheduler remembers: over a kill, over downtime, when the clock jumps, when the
// configuration changes and when the disk fails.
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// A day of which the slot ended well.
void take_first(ScheduleGround& ground) {
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();
    REQUIRE(ground.jobs().size() == 1);
    REQUIRE(end_of(ground.jobs().at(0)) == "done");
}

void fail_schedule_files(FaultFs& fs, const std::string& verb) {
    fs.at_each_call([verb](const std::string& call) {
        if (call.starts_with(verb) && call.find("schedule") != std::string::npos) {
            throw Error(ErrorCode::io, "cannot " + call);
        }
    });
}

}  // namespace

TEST_CASE("a daemon killed in a run tries again a little later, and does not repeat it at once") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.silent = true;
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    REQUIRE(ground.jobs().size() == 1);
    ground.kill_and_start();
    ground.silent = false;
    ground.pass();
    CHECK(ground.jobs().empty());
    const SystemTime retry = ground.scheduler().next_due("main").value();
    CHECK(retry > from_iso8601("2026-11-23T02:00:00Z"));
    CHECK(retry < from_iso8601("2026-11-23T02:02:00Z"));
    ground.clock.set(retry);
    ground.pass();
    ground.finish_jobs();
    CHECK(ground.jobs().size() == 1);
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-24T02:00:00Z"));
    CHECK(ground.repository.list("main").size() == 1);
}

TEST_CASE("a daemon that is killed in each run does not try more and more often") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.silent = true;
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    SystemTime::duration before = minutes(0);
    for (unsigned kill = 1; kill <= 4; ++kill) {
        CAPTURE(kill);
        REQUIRE(ground.jobs().size() == 1);
        CHECK(ground.stored().entries.begin()->second.failures == kill);
        ground.kill_and_start();
        ground.pass();
        CHECK(ground.jobs().empty());
        const SystemTime retry = ground.scheduler().next_due("main").value();
        CHECK(retry - ground.clock.now() > before);
        before = retry - ground.clock.now();
        ground.clock.set(retry);
        ground.pass();
    }
}

TEST_CASE("a run that ended well is not repeated by a daemon started again") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    take_first(ground);
    ground.kill_and_start();
    ground.pass_at("2026-11-23T02:01:00Z");
    ground.pass_at("2026-11-23T23:00:00Z");
    CHECK(ground.jobs().empty());
}

TEST_CASE("after days of downtime the newest missed slot runs, once, and the others are told of") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    take_first(ground);
    ground.kill_and_start();
    ground.pass_at("2026-11-26T12:00:00Z");
    CHECK(ground.jobs().size() == 1);
    ground.finish_jobs();
    CHECK(ground.jobs().size() == 1);
    CHECK(end_of(ground.jobs().at(0)) == "done");
    CHECK(contains(ground.all_notes(), "2 slots from 2026-11-24 02:00 UTC to 2026-11-25"));
    CHECK(contains(ground.all_notes(), "missed while the daemon was down"));
    CHECK(ground.stored().notes.size() == 1);
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-27T02:00:00Z"));
    ground.kill_and_start();
    ground.pass_at("2026-11-26T13:00:00Z");
    CHECK(ground.jobs().empty());
    CHECK(ground.stored().notes.size() == 1);
}

TEST_CASE("without catching up a missed slot is only told of") {
    ScheduleConfig entry = at_cron("0 2 * * *");
    entry.catch_up = CatchUp::none;
    ScheduleGround ground({entry});
    take_first(ground);
    ground.kill_and_start();
    ground.pass_at("2026-11-24T12:00:00Z");
    CHECK(ground.jobs().empty());
    CHECK(ground.stored().notes.size() == 1);
    CHECK(contains(ground.all_notes(), "2026-11-24 02:00 UTC: missed while the daemon was down"));
    CHECK(ground.scheduler().report(ground.cluster(), 1)["notes"].size() == 1);
    ground.pass_at("2026-11-25T02:00:00Z");
    CHECK(ground.jobs().size() == 1);
}

TEST_CASE("of the notes the newest twenty are kept") {
    ScheduleConfig entry = at_cron("0 2 * * *");
    entry.catch_up = CatchUp::none;
    ScheduleGround ground({entry});
    ground.pass();
    for (unsigned day = 0; day < 25; ++day) {
        ground.clock.advance(hours(24));
        ground.pass();
    }
    REQUIRE(ground.stored().notes.size() == ScheduleState::most_notes);
    CHECK(contains(ground.stored().notes.front(), "2026-11-28 02:00 UTC"));
    CHECK(contains(ground.stored().notes.back(), "2026-12-17 02:00 UTC"));
}

TEST_CASE("a clock that jumps a day ahead and back repeats no slot") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    take_first(ground);
    ground.pass_at("2026-11-24T02:10:00Z");  // ahead
    ground.finish_jobs();
    CHECK(ground.jobs().size() == 2);
    ground.clock.set("2026-11-23T02:15:00Z");  // and back
    while (ground.clock.now() < from_iso8601("2026-11-25T01:50:00Z")) {
        ground.pass();
        REQUIRE(ground.jobs().size() == 2);
        ground.clock.advance(minutes(30));
    }
    ground.pass_at("2026-11-25T02:00:00Z");
    CHECK(ground.jobs().size() == 3);
}

TEST_CASE("a slot written down by a clock that was a year ahead does not stop the schedule") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.clock.set("2027-11-23T01:42:24Z");
    ground.pass();
    ground.pass_at("2027-11-23T02:00:00Z");
    ground.finish_jobs();
    ground.pass_at("2026-11-23T03:00:00Z");
    CHECK(ground.jobs().size() == 1);
    CHECK(contains(ground.all_notes(), "the clock was wrong"));
    CHECK(contains(ground.all_notes(), "2027-11-23 02:00 UTC"));
    ground.pass_at("2026-11-24T02:00:00Z");
    CHECK(ground.jobs().size() == 2);
}

TEST_CASE("an edited entry begins anew, and the old one is forgotten") {
    const ScheduleConfig edited = at_cron("0 1 * * *");
    ScheduleGround ground({at_cron("0 2 * * *")});
    take_first(ground);
    ground.clock.set("2026-11-25T12:00:00Z");
    ground.reload({edited});
    ground.pass();
    CHECK(ground.jobs().size() == 1);
    CHECK(ground.all_notes().empty());
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-26T01:00:00Z"));
    CHECK(ground.stored().entries.size() == 1);
    CHECK(ground.stored().entries.contains(key_of(edited)));
}

TEST_CASE("an entry that is taken out in its run ends it unheard, and has nothing due") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.reload({});
    ground.pass();
    CHECK_FALSE(ground.scheduler().next_due("main"));
    CHECK(ground.stored().entries.empty());
    ground.finish_jobs();
    CHECK(end_of(ground.jobs().at(0)) == "done");
    CHECK(ground.stored().entries.empty());
}

TEST_CASE("a schedule whose document is damaged begins anew, and says so") {
    for (const char* text : {"{", "[]", "{\"version\":1}", "\x80",
                             R"({"version":1,"overdue":false,"notes":[],"entries":{"k":{}}})"}) {
        CAPTURE(text);
        ScheduleGround ground({at_cron("0 2 * * *")});
        take_first(ground);
        ground.repository.write_state("main", schedule_document, text);
        ground.kill_and_start();
        ground.pass_at("2026-11-24T12:00:00Z");
        CHECK(ground.jobs().empty());
        CHECK(contains(ground.all_notes(), "began anew"));
        CHECK(ground.stored().first_seen == from_iso8601("2026-11-24T12:00:00Z"));
        ground.pass_at("2026-11-25T02:00:00Z");
        CHECK(ground.jobs().size() == 1);
    }
}

TEST_CASE("a state that cannot be written keeps the schedule going, from memory") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.pass();
    const ScheduleState before = ground.stored();
    fail_schedule_files(ground.fs, "create");
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();
    REQUIRE(ground.jobs().size() == 1);
    CHECK(end_of(ground.jobs().at(0)) == "done");
    CHECK(ground.stored() == before);
    ground.pass_at("2026-11-23T12:00:00Z");
    CHECK(ground.jobs().size() == 1);
    ground.pass_at("2026-11-24T02:00:00Z");
    ground.finish_jobs();
    CHECK(ground.jobs().size() == 2);
    ground.fs.heal();
    ground.pass_at("2026-11-25T02:00:00Z");
    ground.finish_jobs();
    CHECK(ground.stored().entries.begin()->second.handled_until ==
          from_iso8601("2026-11-25T02:00:00Z"));
}

TEST_CASE("a state that cannot be read does not stop the schedule") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    take_first(ground);
    ground.kill_and_start();
    fail_schedule_files(ground.fs, "open");
    ground.pass_at("2026-11-23T03:00:00Z");
    ground.fs.heal();
    CHECK(ground.jobs().empty());
    ground.pass_at("2026-11-24T02:00:00Z");
    CHECK(ground.jobs().size() == 1);
}

TEST_CASE("since when a cluster is known and that it is overdue outlive the daemon") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    Scheduler& first = ground.scheduler();
    CHECK_FALSE(first.first_seen("main"));
    first.tell_overdue("main", true);  // of a cluster not yet read
    CHECK_FALSE(first.told_overdue("main"));
    ground.pass();
    CHECK(first.first_seen("main") == ground.clock.now());
    first.tell_overdue("main", true);
    CHECK(first.told_overdue("main"));
    ground.pass();
    ground.clock.advance(minutes(1));
    ground.kill_and_start();
    ground.pass();
    CHECK(ground.scheduler().told_overdue("main"));
    CHECK(ground.scheduler().first_seen("main") == from_iso8601("2026-11-23T01:42:24Z"));
    CHECK_FALSE(ground.scheduler().told_overdue("spare"));
}

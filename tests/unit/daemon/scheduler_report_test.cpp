// What the scheduler tells: the runs to come, when the next is due, how far backups lie apart.
#include "tests/support/catch.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

ScheduleConfig verify_at(const std::string& expression) {
    ScheduleConfig entry = at_cron(expression);
    entry.job = "verify";
    return entry;
}

}  // namespace

TEST_CASE("the report lists the next runs of each entry") {
    ScheduleConfig berlin = at_cron("0 2 * * *");
    berlin.zone = TimeZone::find("Europe/Berlin");
    ScheduleConfig often = every(hours(6));
    often.job = "verify";
    ScheduleGround ground({berlin, often});
    ground.pass();
    const Json report = ground.scheduler().report(ground.cluster(), 2);
    CHECK(report["cluster"] == "main");
    CHECK(report["notes"] == Json::array());
    REQUIRE(report["entries"].size() == 2);
    const Json& first = report["entries"][0];
    CHECK(first["job"] == "backup");
    CHECK(first["when"] == "0 2 * * *");
    CHECK(first["timezone"] == "Europe/Berlin");
    CHECK(first["running"].is_null());
    CHECK(first["failures"] == 0);
    REQUIRE(first["runs"].size() == 2);
    CHECK(first["runs"][0] == Json({{"slot", "2026-11-24T01:00:00Z"},
                                    {"due", "2026-11-24T01:00:00Z"},
                                    {"local", "2026-11-24 02:00 CET"},
                                    {"note", ""}}));
    const Json& second = report["entries"][1];
    CHECK(second["job"] == "verify");
    CHECK(second["timezone"] == "UTC");
    CHECK(second["runs"][0]["due"] == "2026-11-23T06:00:00Z");
    CHECK(second["runs"][1]["due"] == "2026-11-23T12:00:00Z");
}

TEST_CASE("the report can be asked for before the first pass") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    const Json report = ground.scheduler().report(ground.cluster(), 1);
    REQUIRE(report["entries"].size() == 1);
    CHECK(report["entries"][0]["runs"][0]["slot"] == "2026-11-23T02:00:00Z");
    CHECK(report["notes"] == Json::array());
}

TEST_CASE("the report tells which job runs, and how often it failed") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.failure = Error(ErrorCode::connection, "cannot connect");
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    const Json running = ground.scheduler().report(ground.cluster(), 1)["entries"][0];
    CHECK(running["running"] == ground.jobs().at(0)->id);
    ground.finish_jobs();
    const Json failed = ground.scheduler().report(ground.cluster(), 1)["entries"][0];
    CHECK(failed["running"].is_null());
    CHECK(failed["failures"] == 1);
    const std::string due = failed["runs"][0]["due"];
    CHECK(due == to_iso8601(ground.scheduler().next_due("main").value()));
}

TEST_CASE("next_due is the earliest of the cluster's entries, and nothing without any") {
    ScheduleGround ground(
        {scheduled_cluster("main", {at_cron("0 4 * * *"), verify_at("0 3 * * *")}),
         scheduled_cluster("idle", {})});
    CHECK_FALSE(ground.scheduler().next_due("main"));
    ground.pass();
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-23T03:00:00Z"));
    CHECK_FALSE(ground.scheduler().next_due("idle"));
    CHECK_FALSE(ground.scheduler().next_due("unknown"));
}

TEST_CASE("next_due lies ahead while a job runs") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.silent = true;
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    REQUIRE(ground.jobs().size() == 1);
    ground.pass_at("2026-11-23T02:30:00Z");
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-24T02:00:00Z"));
}

TEST_CASE("the period of backups is that of the most frequent backup entry") {
    ScheduleGround ground({every(hours(12)), every(hours(6)), verify_at("0 * * * *")});
    CHECK(ground.scheduler().backup_period(ground.cluster()) == hours(6));
    CHECK_FALSE(ground.scheduler().backup_period(scheduled_cluster("idle", {})));
    CHECK_FALSE(
        ground.scheduler().backup_period(scheduled_cluster("idle", {verify_at("0 * * * *")})));
    const ClusterConfig weekdays = scheduled_cluster("weekdays", {at_cron("0 2 * * 1-5")});
    CHECK(ground.scheduler().backup_period(weekdays) == hours(72));
}

TEST_CASE("hours that entries are kept to make a period of their own") {
    ScheduleConfig nightly = every(hours(1));
    nightly.windows = {"02:00-03:00"};
    ScheduleGround ground({every(hours(1))});
    Scheduler& scheduler = ground.scheduler();
    const ClusterConfig same_times = scheduled_cluster("other", {nightly});
    REQUIRE(scheduler.backup_period(ground.cluster()) == hours(1));
    CHECK(scheduler.backup_period(same_times) > hours(20));
    // Also once they are edited.
    ground.reload({nightly});
    CHECK(scheduler.backup_period(ground.cluster()) > hours(20));
}

TEST_CASE("an entry's delay is in its next_due, the same after a restart") {
    ScheduleConfig entry = at_cron("0 2 * * *");
    entry.jitter = minutes(30);
    ScheduleGround ground({entry});
    ground.pass();
    const SystemTime due = ground.scheduler().next_due("main").value();
    CHECK(due >= from_iso8601("2026-11-23T02:00:00Z"));
    CHECK(due <= from_iso8601("2026-11-23T02:30:00Z"));
    ground.clock.set(due - seconds(1));
    ground.pass();
    CHECK(ground.jobs().empty());
    ground.kill_and_start();
    ground.pass();
    CHECK(ground.scheduler().next_due("main") == due);
    ground.clock.set(due);
    ground.pass();
    CHECK(ground.jobs().size() == 1);
}

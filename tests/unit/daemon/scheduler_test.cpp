// What the scheduler starts and when, and what becomes of runs that fail.
#include <boost/asio/co_spawn.hpp>

#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Error no_connection() {
    return {ErrorCode::connection, "cannot connect to '/nowhere': refused"};
}

/// Of the only entry of "main".
EntryState stored_entry(ScheduleGround& ground) {
    const ScheduleState state = ground.stored();
    REQUIRE(state.entries.size() == 1);
    return state.entries.begin()->second;
}

}  // namespace

TEST_CASE("nothing starts before it is due, and the pass says when to come again") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    CHECK(ground.pass() == from_iso8601("2026-11-23T01:42:39Z"));  // no later than longest_sleep
    CHECK(ground.pass_at("2026-11-23T01:59:50Z") == from_iso8601("2026-11-23T02:00:00Z"));
    CHECK(ground.service().jobs.all().empty());
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-23T02:00:00Z"));
    CHECK(ground.all_notes().empty());
}

TEST_CASE("a due slot starts one backup, and is written down before that begins") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.pass();
    std::vector<EntryState> seen;
    ground.on_connect = [&] { seen.push_back(stored_entry(ground)); };
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();

    REQUIRE_FALSE(seen.empty());
    CHECK(seen.front().handled_until == from_iso8601("2026-11-23T02:00:00Z"));
    CHECK(seen.front().failures == 1);  // the run going on
    CHECK(seen.front().retry_at > from_iso8601("2026-11-23T02:00:00Z"));
    REQUIRE(ground.service().jobs.all().size() == 1);
    const JobPointer job = ground.jobs().at(0);
    CHECK(job->spec.asked_by == "schedule");
    CHECK(job->spec.cluster == "main");
    REQUIRE(end_of(job) == "done");
    CHECK(ground.repository.list("main").size() == 1);

    EntryState after;
    after.handled_until = from_iso8601("2026-11-23T02:00:00Z");
    after.ended_at = from_iso8601("2026-11-23T02:00:00Z");
    CHECK(stored_entry(ground) == after);
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-24T02:00:00Z"));
    ground.pass_at("2026-11-24T01:59:59Z");
    CHECK(ground.jobs().size() == 1);
    ground.pass_at("2026-11-24T02:00:00Z");
    CHECK(ground.jobs().size() == 2);
}

TEST_CASE("while its job runs an entry starts nothing, and slots gone by are told of") {
    ScheduleGround ground({every(hours(1))});
    ground.silent = true;
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    for (const char* time : {"2026-11-23T02:00:15Z", "2026-11-23T03:00:00Z", "2026-11-23T04:00:00Z",
                             "2026-11-23T04:30:00Z"}) {
        ground.pass_at(time);
        CHECK(ground.jobs().size() == 1);
    }
    ground.service().jobs.cancel(ground.jobs().at(0)->id);
    ground.finish_jobs();
    CHECK(ground.all_notes().find("missed while the run before was going on") != std::string::npos);
    // The newest of them is caught up with.
    CHECK(ground.jobs().size() == 2);
    CHECK(stored_entry(ground).handled_until == from_iso8601("2026-11-23T04:00:00Z"));
}

TEST_CASE("a scheduled backup is taken with what its entry overrides") {
    ScheduleConfig entry = at_cron("0 2 * * *");
    entry.backup_args = {{"label", "nightly"}, {"format", "plain"}};
    ScheduleGround ground({entry});
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();
    const auto newest = ground.repository.newest_good("main");
    REQUIRE(newest);
    CHECK(newest->label == "nightly");
    CHECK(newest->format == BackupFormat::plain);
}

TEST_CASE("a scheduled verify proves the latest backup") {
    ScheduleConfig verify = at_cron("30 2 * * *");
    verify.job = "verify";
    ScheduleGround ground({at_cron("0 2 * * *"), verify});
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();
    CHECK(ground.jobs("verify").empty());
    ground.pass_at("2026-11-23T02:30:00Z");
    ground.finish_jobs();
    REQUIRE(ground.jobs("verify").size() == 1);
    CHECK(end_of(ground.jobs("verify").at(0)) == "done");
    CHECK(ground.jobs("verify").at(0)->spec.asked_by == "schedule");
    const std::vector<BackupEntry> entries = ground.repository.list("main");
    REQUIRE(entries.size() == 1);
    CHECK(entries.front().notes.verification);
}

TEST_CASE("a failure that may pass by itself is tried again, each time later") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.failure = no_connection();
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    minutes middle(1);
    for (unsigned attempt = 1; attempt <= 5; ++attempt, middle *= 2) {
        CAPTURE(attempt);
        ground.finish_jobs();
        REQUIRE(ground.jobs().size() == attempt);
        CHECK(ground.jobs().back()->state == JobState::failed);
        CHECK(stored_entry(ground).failures == attempt);
        const SystemTime due = ground.scheduler().next_due("main").value();
        CHECK(due >= ground.clock.now() + middle - middle / 5.0);
        CHECK(due <= ground.clock.now() + middle + middle / 5.0);
        ground.clock.set(due - seconds(1));
        ground.pass();
        CHECK(ground.jobs().size() == attempt);
        if (attempt == 5) ground.failure.reset();
        ground.clock.set(due);
        ground.pass();
    }
    ground.finish_jobs();
    REQUIRE(ground.jobs().size() == 6);
    CHECK(end_of(ground.jobs().back()) == "done");
    CHECK(stored_entry(ground).failures == 0);
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-24T02:00:00Z"));
}

TEST_CASE("a failure that only a person can mend waits for the next slot") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.failure = Error(ErrorCode::authentication, "cannot connect: wrong password");
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-24T02:00:00Z"));
    while (ground.clock.now() < from_iso8601("2026-11-24T01:50:00Z")) {
        ground.clock.advance(minutes(10));
        ground.pass();
        REQUIRE(ground.jobs().size() == 1);
    }
    ground.pass_at("2026-11-24T02:00:00Z");
    CHECK(ground.jobs().size() == 2);
}

TEST_CASE("a second entry of the cluster that is due at once waits for the first") {
    ScheduleConfig monthly = at_cron("0 2 23 * *");
    monthly.backup_args = {{"label", "monthly"}};
    ScheduleConfig verify = at_cron("0 2 * * *");
    verify.job = "verify";
    ScheduleGround ground({at_cron("0 2 * * *"), monthly, verify});
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    const std::vector<JobPointer> jobs = ground.service().jobs.all();
    REQUIRE(jobs.size() == 3);
    CHECK(jobs[0]->state == JobState::running);
    CHECK(jobs[1]->state == JobState::queued);
    CHECK(jobs[2]->state == JobState::queued);
    ground.finish_jobs();
    for (const JobPointer& job : jobs) CHECK(end_of(job) == "done");
    const std::vector<BackupEntry> entries = ground.repository.list("main");
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].metadata->label == "monthly");
    CHECK(entries[1].notes.verification);  // by then the latest
    for (const auto& [key, entry] : ground.stored().entries) {
        CAPTURE(key);
        CHECK(entry.failures == 0);
        CHECK_FALSE(entry.retry_at);
    }
    CHECK(ground.service().jobs.all().size() == 3);
}

TEST_CASE("a backup that somebody asked for serves the slot that is due meanwhile") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.pass();
    const JobPointer asked =
        start_backup(ground.service(), ground.cluster(), Json::object(), "uid 1000");
    ground.pass_at("2026-11-23T02:00:00Z");
    CHECK(ground.jobs() == std::vector{asked});
    ground.finish_jobs();
    CHECK(end_of(asked) == "done");
    CHECK(stored_entry(ground).failures == 0);
    CHECK(ground.jobs().size() == 1);
    CHECK(ground.scheduler().next_due("main") == from_iso8601("2026-11-24T02:00:00Z"));
}

TEST_CASE("two clusters have a schedule each, in a document each") {
    ScheduleGround ground({scheduled_cluster("main", {at_cron("0 2 * * *")}),
                           scheduled_cluster("spare", {at_cron("0 2 * * *")})});
    ground.silent = true;
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    REQUIRE(ground.jobs().size() == 2);
    CHECK(ground.jobs()[0]->spec.cluster == "main");
    CHECK(ground.jobs()[1]->spec.cluster == "spare");
    CHECK(ground.jobs()[1]->state == JobState::running);
    ground.service().jobs.cancel(ground.jobs()[1]->id);
    while (!ground.jobs()[1]->has_ended()) ground.loop().run_one();
    ground.pass();
    CHECK_FALSE(ground.stored("spare").entries.begin()->second.retry_at);
    CHECK(ground.stored("main").entries.begin()->second.retry_at);
    CHECK(ground.scheduler().next_due("spare") == from_iso8601("2026-11-24T02:00:00Z"));
}

TEST_CASE("a job that cannot be started is tried again") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.silent = true;
    ground.pass();
    for (std::size_t i = 0; i < JobRegistry::most_present; ++i) {
        start_backup(ground.service(), scheduled_cluster("c" + std::to_string(i), {}),
                     Json::object(), "uid 1000");
    }
    ground.pass_at("2026-11-23T02:00:00Z");
    CHECK(ground.jobs().size() == JobRegistry::most_present);
    CHECK(stored_entry(ground).failures == 1);
    for (const JobPointer& job : ground.jobs()) ground.service().jobs.cancel(job->id);
    ground.finish_jobs();
    CHECK(ground.jobs().size() == JobRegistry::most_present);
    ground.clock.advance(minutes(2));
    ground.pass();
    CHECK(ground.jobs().size() == JobRegistry::most_present + 1);
    CHECK(ground.jobs().back()->spec.cluster == "main");
}

TEST_CASE("run() starts what is due when it is woken, and ends when it is stopped") {
    ScheduleGround ground({at_cron("0 2 * * *")});
    bool ended = false;
    asio::co_spawn(ground.loop(), ground.scheduler().run(),
                   [&](const std::exception_ptr& thrown) { ended = thrown == nullptr; });
    while (!ground.scheduler().next_due("main")) ground.loop().run_one();
    ground.clock.set("2026-11-23T02:00:00Z");
    ground.scheduler().wake();
    while (ground.jobs().empty()) ground.loop().run_one();
    CHECK_FALSE(ended);
    ground.scheduler().stop();
    ground.loop().run();
    CHECK(ended);
    CHECK(end_of(ground.jobs().at(0)) == "done");
}

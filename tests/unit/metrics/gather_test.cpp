// What a page is made from: jobs, schedule and repository as they are.
#include "daemon/metrics/gather.hpp"

#include <fstream>

#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/daemon/fixtures.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// A schedule, and what metrics make of it.
class Gathered : public ScheduleGround {
public:
    explicit Gathered(const std::vector<ScheduleConfig>& entries) : ScheduleGround(entries) {
        service().jobs.on_end([this](const JobPointer& job) { ended.count(*job); });
    }

    ~Gathered() {
        service().stop();
        loop().restart();
        loop().run();  // jobs that end are counted in what goes before the loop
    }

    ActiveCluster active() { return active_clusters(service(), scheduler(), ended).at(0); }
    StoredCluster stored() {
        return stored_facts(service(), expectations(service())).clusters.at(0);
    }
    JobPointer back_up() {
        JobPointer job = start_backup(service(), cluster(), Json::object(), "uid 0");
        loop().restart();
        loop().run();
        return job;
    }

    EndedJobs ended;
};

ScheduleConfig verify_at(const std::string& expression) {
    ScheduleConfig entry = at_cron(expression);
    entry.job = "verify";
    return entry;
}

}  // namespace

TEST_CASE("jobs are counted by kind and outcome, also when they are long forgotten") {
    Gathered ground({});
    ground.failure = Error(ErrorCode::connection, "refused");
    const std::size_t count = JobRegistry::kept + 10;
    for (std::size_t i = 0; i < count; ++i) ground.back_up();
    ground.failure.reset();
    ground.back_up();
    const ActiveCluster active = ground.active();
    CHECK(active.ended.at({"backup", JobState::failed}) == count);
    CHECK(active.ended.at({"backup", JobState::done}) == 1);
    CHECK(active.ended.size() == 2);
    CHECK(active.present.empty());
}

TEST_CASE("a job of several clusters counts for each of them") {
    EndedJobs ended;
    JobSpec spec("verify", "main", "test");
    spec.clusters = {"main", "other"};
    Job job("v-1", spec, SystemTime());
    job.state = JobState::done;
    ended.count(job);
    CHECK(ended.of("main").at({"verify", JobState::done}) == 1);
    CHECK(ended.of("other") == ended.of("main"));
    CHECK(ended.of("third").empty());
}

TEST_CASE("a running backup shows its progress, and what its slot keeps while it streams WAL") {
    Gathered ground({});
    ground.silent = true;
    const JobPointer job =
        start_backup(ground.service(), ground.cluster(), Json::object(), "uid 0");
    ground.loop().poll();
    job->meter.bytes_done = 100;
    job->meter.bytes_total = 300;
    CHECK_FALSE(ground.active().wal_lag_bytes);
    job->meter.wal_lag_bytes = 5;
    start_backup(ground.service(), ground.cluster(), Json({{"label", "waits"}}), "uid 0");
    const ActiveCluster active = ground.active();
    CHECK(active.wal_lag_bytes == 5);
    const PresentJobs& present = active.present.at("backup");
    CHECK(present.running == 1);
    CHECK(present.queued == 1);
    CHECK(present.bytes == 100);
    CHECK(present.expected_bytes == 300);
}

TEST_CASE("WAL is behind by nothing once a backup has ended") {
    Gathered ground({});
    const JobPointer job = ground.back_up();
    REQUIRE(end_of(job) == "done");
    CHECK(job->meter.wal_lag_bytes.load() == ProgressMeter::no_wal);
}

TEST_CASE("the next run of each kind is told, and what was left out") {
    Gathered ground({at_cron("0 2 * * *"), at_cron("0 14 * * *"), verify_at("0 4 * * *")});
    CHECK(ground.active().planned.empty());
    ground.pass();
    ActiveCluster active = ground.active();
    CHECK(active.planned.at("backup").next_run == from_iso8601("2026-11-23T02:00:00Z"));
    CHECK(active.planned.at("verify").next_run == from_iso8601("2026-11-23T04:00:00Z"));
    CHECK(active.planned.at("backup").skipped == 0);
    // Asleep for three days: of each entry the latest run is made up for.
    ground.pass_at("2026-11-26T01:00:00Z");
    ground.finish_jobs();
    active = ground.active();
    CHECK(active.planned.at("backup").skipped == 4);
    CHECK(active.planned.at("verify").skipped == 2);
    CHECK(active.planned.at("backup").next_run == from_iso8601("2026-11-26T02:00:00Z"));
}

TEST_CASE("a run that does not begin is overdue after five minutes, one that goes on is not") {
    Gathered ground({at_cron("0 2 * * *")});
    ground.pass();
    ground.silent = true;
    ScheduleConfig first = ground.cluster().schedule.front();
    start_backup(ground.service(), ground.cluster(), Json({{"label", "in the way"}}), "uid 0");
    start_verify(ground.service(), {{"main", "latest"}}, "uid 0");
    ground.loop().poll();
    first.backup_args = {{"label", "scheduled"}};
    ground.reload({first});
    ground.pass_at("2026-11-23T02:00:00Z");
    CHECK(ground.active().planned.at("backup").overdue == 0);
    ground.clock.advance(late_tolerance);
    CHECK(ground.active().planned.at("backup").overdue == 0);
    ground.clock.advance(seconds(1));
    CHECK(ground.active().planned.at("backup").overdue == 1);
    ground.service().jobs.cancel(ground.jobs().front()->id);
    while (ground.jobs().back()->state == JobState::queued) {
        ground.loop().restart();
        ground.loop().run_one();
    }
    CHECK(ground.active().planned.at("backup").overdue == 0);
    CHECK(ground.active().planned.at("backup").failed_attempts == 0);
}

TEST_CASE("failed attempts are counted until one succeeds") {
    Gathered ground({at_cron("0 2 * * *")});
    ground.pass();
    ground.failure = Error(ErrorCode::connection, "refused");
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.finish_jobs();
    CHECK(ground.active().planned.at("backup").failed_attempts == 1);
    ground.pass_at("2026-11-23T02:02:00Z");
    ground.finish_jobs();
    CHECK(ground.active().planned.at("backup").failed_attempts == 2);
    ground.failure.reset();
    ground.pass_at("2026-11-23T02:05:00Z");
    ground.finish_jobs();
    CHECK(ground.active().planned.at("backup").failed_attempts == 0);
}

TEST_CASE("the repository tells of backups, verifies and the last job of each kind") {
    Gathered ground({});
    CHECK_FALSE(ground.stored().last_good);
    CHECK_FALSE(ground.stored().healthy);  // as status has it
    const JobPointer job = ground.back_up();
    REQUIRE(end_of(job) == "done");
    const std::string id = job->outcome.result.at("backup_id");
    StoredCluster stored = ground.stored();
    const auto metadata = ground.repository.newest_good("main");
    REQUIRE(stored.last_good);
    CHECK(stored.last_good->ended_at == metadata->stopped_at);
    CHECK(stored.last_good->stored_bytes == metadata->stored_bytes);
    CHECK(stored.last_good->cluster_bytes == metadata->cluster_bytes);
    CHECK(stored.stored_bytes == metadata->stored_bytes);
    CHECK(stored.good == 1);
    CHECK(stored.healthy);
    CHECK_FALSE(stored.last_verified);
    CHECK(stored.last_jobs.at("backup").succeeded);
    CHECK(stored.last_jobs.at("backup").bytes == job->meter.bytes_done.load());
    CHECK(stored.last_jobs.at("backup").seconds);

    start_verify(ground.service(), {{"main", id}}, "uid 0");
    ground.finish_jobs();
    CHECK(ground.stored().last_verified == metadata->stopped_at);

    ground.clock.advance(minutes(10));
    ground.failure = Error(ErrorCode::connection, "refused");
    ground.back_up();
    stored = ground.stored();
    CHECK_FALSE(stored.last_jobs.at("backup").succeeded);
    CHECK(stored.last_jobs.at("backup").ended_at == ground.clock.now());
    CHECK(stored.last_jobs.at("backup").bytes == job->meter.bytes_done.load());
    CHECK(stored.findings.contains(HealthCode::last_failed));
    CHECK_FALSE(stored.healthy);
    CHECK(stored.last_good->ended_at == metadata->stopped_at);

    DrillResult drill;
    drill.at = from_iso8601("2026-11-23T03:00:00Z");
    ground.repository.record_drill("main", id, drill);
    CHECK(ground.stored().last_good_drill == drill.at);
}

TEST_CASE("a drill that passed counts also when its backup is gone, one that failed does not") {
    Gathered ground({});
    JobRecord record;
    record.job_id = "d-1";
    record.kind = "drill";
    record.cluster = "main";
    record.outcome = "done";
    record.ended_at = from_iso8601("2026-11-20T00:00:00Z");
    REQUIRE(end_of(ground.back_up()) == "done");  // which makes the cluster's directory
    ground.repository.record(record);
    record.outcome = "failed";
    record.ended_at = from_iso8601("2026-11-21T00:00:00Z");
    ground.repository.record(record);
    record.outcome = "cancelled";
    record.ended_at = from_iso8601("2026-11-22T00:00:00Z");
    ground.repository.record(record);
    const StoredCluster stored = ground.stored();
    CHECK(stored.last_good_drill == from_iso8601("2026-11-20T00:00:00Z"));
    CHECK_FALSE(stored.last_jobs.at("drill").succeeded);
    CHECK(stored.last_jobs.at("drill").ended_at == from_iso8601("2026-11-21T00:00:00Z"));
    CHECK_FALSE(stored.last_jobs.at("drill").seconds);
}

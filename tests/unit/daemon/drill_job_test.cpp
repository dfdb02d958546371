// Drills as jobs: where they work, how the schedule starts them, and what health makes of them.
// What a drill does needs a server: tests/integration.
#include <fstream>

#include "daemon/health.hpp"
#include "daemon/work/work.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::hours;

namespace {

namespace fsys = std::filesystem;

constexpr const char* last_hour = "2026-11-23T01:00:00Z";

/// Cluster "main" with a backup.
class DrillGround : public ScheduleGround {
public:
    explicit DrillGround(const ClusterConfig& cluster) : ScheduleGround(std::vector{cluster}) {
        start_backup(service(), cluster, Json::object(), "uid 0");
        finish_jobs();
        REQUIRE(repository.list("main").size() == 1);
    }

    /// Of drills alone.
    std::vector<std::string> findings() {
        std::vector<std::string> found;
        const HealthReport report = look_at_health(service(), {});
        for (const Finding& finding : report.findings) {
            if (finding.code == HealthCode::drill_overdue) found.push_back(finding.sentence);
        }
        return found;
    }
    void note_drill(const std::string& at, const std::string& problems) {
        DrillResult result;
        result.at = from_iso8601(at);
        result.problems = problems;
        repository.record_drill("main", repository.list("main").at(0).id, result);
    }
    void record_job(const std::string& kind, const std::string& outcome, const std::string& at) {
        JobRecord record;
        record.job_id = "j-1";
        record.kind = kind;
        record.cluster = "main";
        record.outcome = outcome;
        record.ended_at = from_iso8601(at);
        repository.record(record);
    }
};

JobPointer start_test_drill(ScheduleGround& ground, const ClusterConfig& cluster,
                            RowCounts rows = RowCounts::estimated) {
    return start_drill(ground.service(), cluster, "latest", rows, "uid 0");
}

ClusterConfig plain_cluster() {
    return scheduled_cluster("main", {});
}

ClusterConfig drilled_cluster(std::chrono::seconds max_drill_age) {
    ClusterConfig cluster = plain_cluster();
    cluster.max_drill_age = max_drill_age;
    return cluster;
}

/// A directory that seems to hold the server's programs.
fsys::path fake_binaries(const fsys::path& beneath) {
    const fsys::path directory = beneath / "15/bin";
    fsys::create_directories(directory);
    std::ofstream(directory / "postgres") << "";
    return directory;
}

/// How a drill ends whose place is too deep for a socket, which is said before anything is made.
std::string refusal(DrillGround& ground, const ClusterConfig& cluster) {
    const JobPointer job = start_test_drill(ground, cluster);
    ground.finish_jobs();
    REQUIRE(job->state == JobState::failed);
    CHECK(job->outcome.failure->code() == ErrorCode::usage);
    return job->outcome.failure->what();
}

}  // namespace

TEST_CASE("a cluster without a place for drills has none, and is told which key gives it one") {
    DrillGround ground(plain_cluster());
    const Error failure = error_of([&] { start_test_drill(ground, ground.cluster()); });
    CHECK(failure.code() == ErrorCode::config);
    CHECK(contains(failure.hint(), "restore.drill_directory"));
    CHECK(ground.jobs("drill").empty());
}

TEST_CASE("a drill works in the configured directory, else beneath the first target") {
    DrillGround ground(plain_cluster());
    const std::string deep = "/" + std::string(120, 'd');
    ClusterConfig cluster = plain_cluster();
    cluster.server_binaries = {fake_binaries(ground.directory.path())};
    cluster.restore_roots = {deep, "/second"};
    CHECK(contains(refusal(ground, cluster), deep + "/tsbackup-drill/drill-cluster_backup_"));
    cluster.drill_directory = deep + "/chosen";
    CHECK(contains(refusal(ground, cluster), deep + "/chosen/drill-cluster_backup_"));
    CHECK_FALSE(ground.repository.list("main").at(0).notes.drill);
}

TEST_CASE("drills of one cluster wait for each other, and not for its other jobs") {
    ClusterConfig cluster = plain_cluster();
    cluster.server_binaries = {"/nowhere/17/bin"};
    cluster.drill_directory = "/nowhere";
    DrillGround ground(cluster);
    const JobPointer first = start_test_drill(ground, cluster);
    const JobPointer second = start_test_drill(ground, cluster);
    const JobPointer exact = start_test_drill(ground, cluster, RowCounts::exact);
    const JobPointer backup = start_backup(ground.service(), cluster, Json::object(), "uid 0");
    CHECK(first->state == JobState::running);
    CHECK(second->state == JobState::queued);
    CHECK(first != second);
    CHECK(second == start_test_drill(ground, cluster));
    CHECK(second != exact);
    CHECK(exact == start_test_drill(ground, cluster, RowCounts::exact));
    CHECK(backup->state == JobState::running);
    ground.finish_jobs();
    for (const JobPointer& job : {first, second, exact}) {
        REQUIRE(job->state == JobState::failed);
        CHECK(job->outcome.failure->code() == ErrorCode::version_mismatch);
    }
}

TEST_CASE("the schedule drills the newest backup") {
    ScheduleConfig drill = at_cron("30 2 * * *");
    drill.job = "drill";
    ClusterConfig cluster = scheduled_cluster("main", {drill});
    cluster.server_binaries = {"/nowhere/17/bin"};
    cluster.drill_directory = "/nowhere";
    DrillGround ground(cluster);
    CHECK(ground.jobs("drill").empty());
    ground.pass_at("2026-11-23T02:30:00Z");
    ground.finish_jobs();
    REQUIRE(ground.jobs("drill").size() == 1);
    const JobPointer job = ground.jobs("drill").at(0);
    CHECK(job->spec.asked_by == "schedule");
    CHECK(job->spec.subject == "latest");
    // A drill is no backup: how often there is one says nothing of when the next backup is due.
    CHECK_FALSE(ground.scheduler().backup_period(cluster));
}

TEST_CASE("a scheduled drill without a place is told of, and the schedule goes on") {
    ScheduleConfig drill = at_cron("30 2 * * *");
    drill.job = "drill";
    DrillGround ground(scheduled_cluster("main", {drill, at_cron("30 2 * * *")}));
    const LogCapture log;
    ground.pass_at("2026-11-23T02:30:00Z");
    ground.finish_jobs();
    CHECK(ground.jobs("drill").empty());
    CHECK(log.lines_with("cannot start the drill of main that is due: cannot drill") == 1);
    CHECK(ground.repository.list("main").size() == 2);
}

TEST_CASE("only drills that passed count for max_drill_age, as noted beside a backup") {
    DrillGround ground(drilled_cluster(hours(24)));
    const std::vector<std::string> none = {"cluster main: no good drill, max_drill_age is 24 h"};
    CHECK(ground.findings() == none);
    ground.note_drill(last_hour, "pg_amcheck: a table is odd");
    CHECK(ground.findings() == none);
    ground.note_drill("2026-11-21T01:42:24Z", "");
    CHECK(ground.findings() == std::vector<std::string>{"cluster main: no good drill for 2 d, "
                                                        "max_drill_age is 24 h"});
    ground.note_drill(last_hour, "");
    CHECK(ground.findings().empty());
}

TEST_CASE("a drill counts for max_drill_age also when its backup is gone") {
    DrillGround ground(drilled_cluster(hours(24)));
    ground.record_job("drill", "failed", last_hour);
    ground.record_job("verify", "done", last_hour);
    CHECK(ground.findings().size() == 1);
    ground.record_job("drill", "done", last_hour);
    CHECK(ground.findings().empty());
    ground.clock.set(ground.clock.now() + hours(24));
    CHECK(ground.findings().size() == 1);
}

TEST_CASE("without max_drill_age nobody asks for a drill") {
    DrillGround ground(plain_cluster());
    CHECK(ground.findings().empty());
}

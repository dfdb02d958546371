// What a reload that adds or takes out clusters means to their schedule and to who is told.
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/unit/daemon/notice_ground.hpp"
#include "tests/unit/notify/hook_scripts.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

ClusterConfig limited(const std::string& name, seconds max_age) {
    ClusterConfig cluster = scheduled_cluster(name, {});
    cluster.max_age = max_age;
    return cluster;
}

/// A hook that writes down who is overdue.
NoticeConfig told_by(const HookScripts& scripts) {
    NoticeConfig config;
    config.on_overdue = {scripts.hook("overdue", "cat >>told")};
    return config;
}

std::vector<std::string> told_clusters(const HookScripts& scripts) {
    std::vector<std::string> clusters;
    for (const std::string& line : scripts.lines("told")) {
        clusters.push_back(Json::parse(line).at("cluster"));
    }
    return clusters;
}

}  // namespace

TEST_CASE("a cluster that a reload adds is told as overdue after its limit, counted from then") {
    const HookScripts scripts;
    const ClusterConfig main = limited("main", hours(24 * 365));
    const ClusterConfig late = limited("late", hours(13));
    NoticeGround ground({main}, told_by(scripts));
    ground.look();
    ground.clock.advance(hours(100));
    ground.look();

    ground.reload_clusters({main, late});
    ground.look();
    CHECK_FALSE(ground.scheduler().told_overdue("late"));
    ground.clock.advance(hours(13));
    ground.look();
    CHECK_FALSE(ground.scheduler().told_overdue("late"));
    ground.clock.advance(seconds(1));
    ground.look();
    CHECK(ground.scheduler().told_overdue("late"));
    ground.look();
    REQUIRE(scripts.await_lines("told", 1));
    ground.notices().stop();
    CHECK(told_clusters(scripts) == std::vector<std::string>{"late"});
    CHECK_FALSE(ground.scheduler().told_overdue("main"));
}

TEST_CASE("since when an added cluster is expected to have backups outlives the daemon") {
    ScheduleGround ground(std::vector{scheduled_cluster("main", {})});
    ground.pass();
    ground.clock.advance(hours(100));
    Config config = *ground.service().config();
    config.clusters.push_back(scheduled_cluster("late", {}));
    ground.service().set_config(config);
    ground.pass();
    const SystemTime added = ground.clock.now();
    ground.clock.advance(hours(1));
    ground.kill_and_start();
    ground.pass();
    CHECK(ground.scheduler().first_seen("late") == added);
    CHECK(ground.scheduler().first_seen("main") == added - hours(100));
}

TEST_CASE("a cluster that comes back by a reload is given its time anew") {
    const HookScripts scripts;
    const ClusterConfig main = limited("main", hours(24 * 365));
    const ClusterConfig guest = limited("guest", hours(13));
    NoticeGround ground({main, guest}, told_by(scripts));
    ground.look();
    ground.reload_clusters({main});
    ground.look();
    ground.clock.advance(hours(100));
    ground.look();
    ground.reload_clusters({main, guest});
    ground.look();
    CHECK_FALSE(ground.scheduler().told_overdue("guest"));
    ground.clock.advance(hours(13) + seconds(1));
    ground.look();
    CHECK(ground.scheduler().told_overdue("guest"));
}

TEST_CASE("nobody is told of a cluster that a reload took out") {
    const HookScripts scripts;
    const ClusterConfig main = limited("main", hours(14));
    const ClusterConfig gone = limited("gone", hours(13));
    NoticeGround ground({gone, main}, told_by(scripts));
    ground.look();
    ground.reload_clusters({main});
    ground.clock.advance(hours(15));
    ground.look();
    REQUIRE(scripts.await_lines("told", 1));
    ground.notices().stop();
    CHECK(told_clusters(scripts) == std::vector<std::string>{"main"});
    CHECK_FALSE(ground.scheduler().told_overdue("gone"));
}

TEST_CASE("a cluster that a reload took out is not run any more, nor tried again") {
    const ClusterConfig stays = scheduled_cluster("stays", {at_cron("0 4 * * *")});
    const ClusterConfig gone = scheduled_cluster("gone", {at_cron("0 2 * * *")});
    NoticeGround ground({gone, stays}, NoticeConfig());
    const bool has_failed = GENERATE(false, true);
    CAPTURE(has_failed);
    ground.pass();
    if (has_failed) {
        ground.failure = Error(ErrorCode::connection, "cannot connect: refused");
        ground.pass_at("2026-11-23T02:00:00Z");
        ground.finish_jobs();
        ground.failure.reset();
        REQUIRE(ground.scheduler().next_due("gone") < ground.clock.now() + minutes(3));
    }
    const std::size_t before = ground.jobs().size();
    REQUIRE(before == (has_failed ? 1 : 0));
    ground.reload_clusters({stays});
    CHECK_FALSE(ground.scheduler().next_due("gone"));
    for (const char* time : {"2026-11-23T02:00:00Z", "2026-11-23T02:10:00Z", "2026-11-23T03:59:59Z",
                             "2026-11-24T02:00:00Z"}) {
        ground.pass_at(time);
        ground.finish_jobs();
    }
    REQUIRE(ground.jobs().size() == before + 1);
    CHECK(ground.jobs().back()->spec.cluster == "stays");
    CHECK(ground.repository.list("gone").empty());
}

TEST_CASE("a cluster becomes overdue also while the repository is not mounted, and is told once") {
    const HookScripts scripts;
    NoticeGround ground({limited("main", hours(13))}, told_by(scripts));
    ground.look();
    const auto there = ground.repository.path();
    const auto elsewhere = there.parent_path() / "unmounted";
    std::filesystem::rename(there, elsewhere);
    ground.clock.advance(hours(13));
    ground.look();
    CHECK_FALSE(ground.scheduler().told_overdue("main"));
    ground.clock.advance(seconds(1));
    ground.look();
    CHECK(ground.scheduler().told_overdue("main"));
    std::filesystem::rename(elsewhere, there);
    ground.look();
    REQUIRE(scripts.await_lines("told", 1));
    ground.notices().stop();
    CHECK(told_clusters(scripts) == std::vector<std::string>{"main"});
    CHECK(ground.stored("main").overdue);
}

// What the schedule and requests start: who waits for whom, and what then still holds.
#include "daemon/work/work.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

/// A cluster without a schedule, of which retention keeps the newest backup.
ClusterConfig pruned_cluster(unsigned keep_last) {
    ClusterConfig cluster = scheduled_cluster("main", {});
    cluster.retention.keep_last = keep_last;
    return cluster;
}

void take_backup(ScheduleGround& ground) {
    start_backup(ground.service(), ground.cluster(), Json::object(), "uid 0");
    ground.finish_jobs();
    ground.clock.set(ground.clock.now() + std::chrono::hours(1));
}

}  // namespace

TEST_CASE("a prune that waited for a backup which failed removes nothing") {
    ScheduleGround ground(std::vector{pruned_cluster(1)});
    take_backup(ground);
    take_backup(ground);
    REQUIRE(ground.repository.list("main").size() == 2);

    ground.failure = Error(ErrorCode::connection, "cannot connect: refused");
    start_backup(ground.service(), ground.cluster(), Json::object(), "uid 0");
    const JobPointer prune = start_prune(ground.service(), ground.cluster(), "uid 0");
    CHECK(prune->state == JobState::queued);
    ground.finish_jobs();
    REQUIRE(prune->state == JobState::failed);
    CHECK(prune->outcome.failure->code() == ErrorCode::refused);
    CHECK(ground.repository.list("main").size() == 2);

    const JobPointer forced =
        start_prune(ground.service(), ground.cluster(), "uid 0", AfterFailure::prune);
    ground.finish_jobs();
    CHECK(forced->state == JobState::done);
    CHECK(ground.repository.list("main").size() == 1);
}

TEST_CASE("a prune goes by the policy that holds when it begins") {
    ScheduleGround ground(std::vector{pruned_cluster(1)});
    take_backup(ground);
    take_backup(ground);
    start_backup(ground.service(), ground.cluster(), Json::object(), "uid 0");
    const JobPointer prune = start_prune(ground.service(), ground.cluster(), "uid 0");
    REQUIRE(prune->state == JobState::queued);
    Config config = *ground.service().config();
    config.clusters = {pruned_cluster(3)};
    ground.service().set_config(config);
    ground.finish_jobs();
    CHECK(prune->state == JobState::done);
    CHECK(ground.repository.list("main").size() == 3);
}

TEST_CASE("a verify that waits is not given to who asks for another backup") {
    ScheduleGround ground(std::vector{pruned_cluster(9)});
    take_backup(ground);
    take_backup(ground);
    const std::vector<BackupEntry> entries = ground.repository.list("main");
    REQUIRE(entries.size() == 2);
    start_backup(ground.service(), ground.cluster(), Json::object(), "uid 0");
    const auto verify = [&](const BackupEntry& entry) {
        return start_verify(ground.service(), {{"main", entry.id}}, "uid 0");
    };
    const JobPointer first = verify(entries[0]);
    const JobPointer second = verify(entries[1]);
    CHECK(first != second);
    CHECK(verify(entries[1]) == second);
    ground.finish_jobs();
    for (const BackupEntry& entry : ground.repository.list("main")) {
        const bool asked_for = entry.id == entries[0].id || entry.id == entries[1].id;
        CHECK(entry.notes.verification.has_value() == asked_for);
    }
}

TEST_CASE("how runs ended while the daemon stops is written down") {
    const auto failures = [](ScheduleGround& ground) {
        return ground.stored().entries.begin()->second.failures;
    };
    ScheduleGround ground({at_cron("0 2 * * *")});
    ground.silent = GENERATE(false, true);
    CAPTURE(ground.silent);
    ground.pass();
    ground.pass_at("2026-11-23T02:00:00Z");
    ground.scheduler().stop();
    if (ground.silent) ground.service().stop();
    ground.loop().restart();
    ground.loop().run();
    REQUIRE(ground.jobs().at(0)->has_ended());
    CHECK(failures(ground) == 1);
    ground.scheduler().write_down_ends();
    // One that was cancelled by the stop is tried again.
    CHECK(failures(ground) == (ground.silent ? 1U : 0U));
}

// When a job is stuck, so that only a restart of the daemon helps.
#include "daemon/work_watch.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// One running job, looked at as time passes.
struct WatchScene {
    explicit WatchScene(const std::string& kind, Phase phase) {
        ClusterConfig cluster;
        cluster.name = "main";
        config.clusters = {cluster};
        job = std::make_shared<Job>("j-1", JobSpec(kind, "main", "test"), SystemTime());
        job->state = JobState::running;
        job->meter.phase = phase;
        look();
    }
    std::string look() { return watch.look({job}, config, now); }
    std::string after(std::chrono::minutes passed) {
        now += passed;
        return look();
    }

    Config config;
    JobPointer job;
    WorkWatch watch;
    WorkWatch::Time now{};
};

}  // namespace

TEST_CASE("a job that moves no byte for half an hour is stuck") {
    for (const Phase phase : {Phase::copying, Phase::verifying, Phase::extracting}) {
        WatchScene scene("backup", phase);
        CHECK(scene.after(minutes(29)).empty());
        CHECK(scene.after(minutes(1)) == std::string("backup j-1 of main: ") + to_string(phase) +
                                             " without progress for 30 min");
    }
}

TEST_CASE("whatever moves is progress") {
    WatchScene scene("verify", Phase::verifying);
    CHECK(scene.after(minutes(29)).empty());
    scene.job->meter.bytes_done += 1;
    CHECK(scene.after(minutes(29)).empty());
    scene.job->meter.files_done += 1;
    CHECK(scene.after(minutes(29)).empty());
    scene.job->meter.phase = Phase::finishing;
    CHECK(scene.after(minutes(29)).empty());
    scene.job->meter.phase = Phase::extracting;
    CHECK(scene.after(minutes(1)).empty());
    CHECK_FALSE(scene.after(minutes(30)).empty());
    scene.job->meter.bytes_done += 1;
    CHECK(scene.look().empty());
}

TEST_CASE("who waits for somebody else is not stuck: other limits end that") {
    for (const Phase phase :
         {Phase::queued, Phase::connecting, Phase::checking, Phase::waiting_for_checkpoint,
          Phase::receiving_wal, Phase::proving, Phase::syncing, Phase::committing, Phase::stopping,
          Phase::exchanging, Phase::starting, Phase::recovering, Phase::finishing}) {
        CAPTURE(to_string(phase));
        WatchScene scene("backup", phase);
        CHECK(scene.after(hours(48)).empty());
    }
    WatchScene dump("dump", Phase::copying);
    CHECK(dump.after(hours(48)).empty());
}

TEST_CASE("a server that may be silent for long is waited for") {
    WatchScene scene("backup", Phase::copying);
    scene.config.clusters[0].stall_timeout = hours(2);
    CHECK(scene.after(minutes(239)).empty());
    CHECK_FALSE(scene.after(minutes(1)).empty());
}

TEST_CASE("a job that does not obey a stop is stuck, unless a server has to be waited for") {
    for (const Phase phase : {Phase::queued, Phase::connecting, Phase::syncing, Phase::finishing}) {
        CAPTURE(to_string(phase));
        WatchScene scene("backup", phase);
        CHECK(scene.after(hours(5)).empty());
        scene.job->stop.request_stop();
        CHECK(scene.look().empty());
        CHECK(scene.after(minutes(29)).empty());
        CHECK(scene.after(minutes(1)) ==
              "backup j-1 of main: asked to stop, without progress for 30 min");
    }
    for (const Phase phase : {Phase::stopping, Phase::starting, Phase::recovering}) {
        CAPTURE(to_string(phase));
        WatchScene scene("restore", phase);
        scene.job->stop.request_stop();
        CHECK(scene.after(hours(5)).empty());
    }
}

TEST_CASE("a job that waits for its turn, or has ended, is not judged") {
    WatchScene scene("backup", Phase::copying);
    scene.job->state = JobState::queued;
    CHECK(scene.after(hours(5)).empty());
    scene.job->state = JobState::running;
    CHECK(scene.after(minutes(1)).empty());  // seen anew
    CHECK(scene.after(minutes(29)).empty());
    CHECK_FALSE(scene.after(minutes(1)).empty());
    scene.job->state = JobState::failed;
    CHECK(scene.after(hours(5)).empty());
}

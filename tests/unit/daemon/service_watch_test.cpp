// The service manager is kept informed, and its watchdog fed only while that is deserved.
#include "daemon/service_watch.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/catch.hpp"
#include "tests/unit/daemon/control_ground.hpp"
#include "tests/unit/daemon/fixtures.hpp"
#include "tests/unit/daemon/manager_ground.hpp"
#include "tests/unit/daemon/scheduler_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

using Messages = std::vector<std::string>;
using std::chrono::seconds;

/// A daemon of which everything but the time is real, and its service manager.
class Watched {
public:
    Watched() : ground({at_cron("0 2 * * *")}) { ground.pass(); }
    ~Watched() {
        watch.stop();
        ground.service().stop();
        run_loop();
    }

    void run() { asio::co_spawn(ground.loop(), watch.run(), asio::detached); }
    /// Runs the loop until `reached` holds.
    void run_until(const std::function<bool()>& reached) {
        while (!reached()) {
            ground.loop().restart();
            ground.loop().run_one_for(std::chrono::milliseconds(50));
        }
    }
    /// Runs until the watch has looked again, twice: what it has to say is said.
    Messages after_looks() {
        Messages out;
        for (int looks = 0; looks < 4; ++looks) {
            ground.loop().restart();
            ground.loop().run_one_for(std::chrono::milliseconds(50));
            take(out);
        }
        return out;
    }
    /// Runs until `message` comes; all that came.
    Messages until(const std::string& message) {
        Messages out;
        run_until([&] {
            take(out);
            return std::count(out.begin(), out.end(), message) > 0;
        });
        return out;
    }
    JobPointer start_job(JobWork work) {
        JobSpec spec("backup", "main", "test");
        return ground.service().jobs.start(std::move(spec), std::move(work));
    }
    void run_loop() {
        ground.loop().restart();
        ground.loop().run();
    }

    ServiceEnvironment zone{{{"TZ", "UTC"}}};
    NotifyReceiver receiver;
    ScheduleGround ground;
    ServiceManager manager = [this] {
        const ServiceEnvironment environment(
            {{"NOTIFY_SOCKET", receiver.name()}, {"WATCHDOG_USEC", "60000000"}});
        return ServiceManager::from_environment();
    }();
    Notices notices{ground.loop().get_executor(), ground.service(), ground.scheduler()};
    ServiceWatch watch{ground.loop().get_executor(), manager, ground.service(),
                       ground.scheduler(),           notices, std::chrono::milliseconds(1)};

private:
    void take(Messages& into) {
        for (std::string& each : receiver.messages()) into.push_back(std::move(each));
    }
};

std::size_t count(const Messages& messages, const std::string& message) {
    return static_cast<std::size_t>(std::count(messages.begin(), messages.end(), message));
}

}  // namespace

TEST_CASE("the watchdog is fed at once, and then at half its time") {
    Watched daemon;
    daemon.run();
    CHECK(count(daemon.until("WATCHDOG=1"), "WATCHDOG=1") == 1);
    daemon.ground.clock.advance(seconds(29));
    CHECK(count(daemon.after_looks(), "WATCHDOG=1") == 0);
    daemon.ground.clock.advance(seconds(1));
    CHECK(count(daemon.until("WATCHDOG=1"), "WATCHDOG=1") == 1);
    daemon.ground.clock.advance(seconds(300));  // the loop hung
    CHECK(count(daemon.until("WATCHDOG=1"), "WATCHDOG=1") == 1);
    CHECK(count(daemon.after_looks(), "WATCHDOG=1") == 0);
}

TEST_CASE("a stuck job starves the watchdog until it moves again") {
    Watched daemon;
    const LogCapture log;
    const JobPointer job = daemon.start_job([](JobContext& context) -> asio::awaitable<Outcome> {
        co_await wait_for_stop(context.stop);
        co_return Outcome(Json::object());
    });
    daemon.run_until([&] { return job->state == JobState::running; });
    job->meter.phase = Phase::copying;
    daemon.run();
    daemon.until("WATCHDOG=1");
    daemon.ground.clock.advance(WorkWatch::patience - seconds(1));
    daemon.until("WATCHDOG=1");
    daemon.ground.clock.advance(seconds(60));
    const std::string stuck = "STATUS=STUCK: backup " + job->id +
                              " of main: copying without progress for 30 min; backing up main: "
                              "copying";
    CHECK(count(daemon.until(stuck), "WATCHDOG=1") == 0);
    daemon.ground.clock.advance(seconds(60));
    CHECK(count(daemon.after_looks(), "WATCHDOG=1") == 0);
    CHECK(log.lines_with("the watchdog is not fed any more: backup " + job->id) == 1);
    job->meter.bytes_done += 1;
    daemon.until("WATCHDOG=1");
    CHECK(log.lines_with("the watchdog is fed again") == 1);
}

TEST_CASE("the status line follows what the daemon does, and is told when it changes") {
    Watched daemon;
    daemon.run();
    CHECK(count(daemon.until("WATCHDOG=1"), "STATUS=idle; next main 02:00") == 1);
    CHECK(daemon.after_looks().empty());
    asio::co_spawn(daemon.ground.loop(), daemon.notices.look(), asio::detached);
    daemon.until("STATUS=idle; next main 02:00; no good backup of main");
    const JobPointer job = daemon.start_job([](JobContext& context) -> asio::awaitable<Outcome> {
        context.progress.phase = Phase::copying;
        context.progress.bytes_total = 200;
        context.progress.bytes_done = 84;
        co_await wait_for_stop(context.stop);
        co_return Outcome(Json::object());
    });
    daemon.until("STATUS=backing up main: 42 %; no good backup of main");
    job->meter.phase = Phase::proving;
    daemon.until(std::string("STATUS=backing up main: ") + to_string(Phase::proving) +
                 "; no good backup of main");
    daemon.ground.service().jobs.cancel(job->id);
    daemon.until("STATUS=idle; next main 02:00; no good backup of main");
}

TEST_CASE("a stop asks for the time that jobs still need") {
    Watched daemon;
    daemon.watch.wait_for_jobs();
    CHECK(daemon.receiver.messages().empty());
    daemon.ground.clock.advance(seconds(2));
    const JobPointer job = daemon.start_job([](JobContext& context) -> asio::awaitable<Outcome> {
        co_await wait_for_stop(context.stop);
        co_return Outcome(Json::object());
    });
    const Messages asked = {"EXTEND_TIMEOUT_USEC=20000000", "WATCHDOG=1",
                            "STATUS=stopping; waits for backup of main to clean up"};
    daemon.watch.wait_for_jobs();
    CHECK(daemon.receiver.messages() == asked);
    daemon.watch.wait_for_jobs();
    CHECK(daemon.receiver.messages().empty());
    daemon.ground.clock.advance(seconds(2));
    daemon.watch.wait_for_jobs();
    CHECK(daemon.receiver.messages() == asked);
}

TEST_CASE("without a service manager nothing runs") {
    Ground ground(silent_server());
    const ServiceManager nobody;
    Scheduler scheduler(ground.loop.get_executor(), ground.service);
    Notices notices(ground.loop.get_executor(), ground.service, scheduler);
    ServiceWatch watch(ground.loop.get_executor(), nobody, ground.service, scheduler, notices);
    bool ended = false;
    asio::co_spawn(ground.loop, watch.run(), [&](const std::exception_ptr&) { ended = true; });
    ground.loop.poll();
    CHECK(ended);
}

// Slots that a backup leaves on its server, and clusters that become overdue unseen.
#include "daemon/slot_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/scripted_session.hpp"
#include "tests/unit/daemon/fixtures.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

using Row = ScriptedSession::Row;
using std::chrono::milliseconds;

constexpr milliseconds at_once{0};
constexpr milliseconds never{std::chrono::hours(1000)};

/// A watch on a loop that is turned by hand, and the answers to its looks.
class Looks {
public:
    explicit Looks(SlotWatch::Pauses pauses)
        : ground(server.factory()), watch(ground.loop.get_executor(), ground.service, pauses) {}

    void answer(std::vector<Row> slots) {
        auto session = std::make_unique<ScriptedSession>();
        session->answer({}).answer(std::move(slots));
        server.expect(std::move(session));
    }
    void refuse() { server.refuse(Error(ErrorCode::connection, "no route")); }

    void run_until(const std::function<bool()>& reached) {
        if (!running_) asio::co_spawn(ground.loop, watch.run(), asio::detached);
        running_ = true;
        while (!reached()) {
            ground.loop.restart();
            ground.loop.run_one();
        }
    }
    /// Runs what can be run without waiting.
    void poll() {
        ground.loop.restart();
        ground.loop.poll();
    }
    /// The watch ends; nothing is left on the loop.
    void end() {
        watch.stop();
        ground.run_loop();
    }

    ScriptedServer server;
    Ground ground;
    SlotWatch watch;

private:
    bool running_ = false;
};

}  // namespace

TEST_CASE("a slot that is left on a server is told, until it is gone") {
    Looks looks({at_once, at_once});
    looks.answer({{"tsbackup_20261123_1", "4711", "1048576"}});
    looks.answer({});
    looks.run_until([&] { return !looks.watch.warnings().empty(); });
    CHECK(
        looks.watch.warnings() ==
        std::vector<std::string>{
            "cluster main: no backup runs, but its server has the replication slot "
            "'tsbackup_20261123_1', held by the server's process 4711, keeps 1MB of WAL "
            "(SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = "
            "'tsbackup_20261123_1')"});
    looks.run_until([&] { return looks.watch.warnings().empty(); });
    CHECK(looks.server.asked.size() == 2);
    looks.end();
}

TEST_CASE("a server without slots is asked again after its next backup only") {
    Looks looks({at_once, never});
    looks.answer({});
    looks.answer({{"tsbackup_x", std::nullopt, std::nullopt}});
    looks.run_until([&] { return looks.server.asked.size() == 1; });
    looks.poll();
    CHECK(looks.server.asked.size() == 1);
    looks.watch.backup_ended("main");
    looks.run_until([&] { return !looks.watch.warnings().empty(); });
    CHECK(looks.server.asked.size() == 2);
    looks.end();
}

TEST_CASE("a server that cannot be asked is no reason to warn") {
    Looks looks({at_once, never});
    looks.answer({{"tsbackup_x", std::nullopt, std::nullopt}});
    looks.refuse();
    looks.run_until([&] { return !looks.watch.warnings().empty(); });
    looks.watch.backup_ended("main");
    looks.run_until([&] { return looks.watch.warnings().empty(); });
    CHECK(looks.server.asked.size() == 2);
    looks.end();
}

TEST_CASE("no server is asked while a backup of it runs") {
    Looks looks({at_once, never});
    const JobSpec spec("backup", "main", "uid 0");
    const JobWork work = [](JobContext& context) -> asio::awaitable<Outcome> {
        co_await wait_for_stop(context.stop);
        co_return Outcome();
    };
    const JobPointer job = looks.ground.service.jobs.start(spec, work);
    looks.run_until([&] { return job->state == JobState::running; });
    looks.poll();
    CHECK(looks.server.asked.empty());
    looks.ground.service.jobs.cancel(job->id);
    looks.end();
    CHECK(job->has_ended());
}

TEST_CASE("status warns of a slot that is left, and stays healthy for it") {
    Looks looks({at_once, never});
    looks.ground.service.slots = &looks.watch;
    looks.answer({{"tsbackup_x", std::nullopt, std::nullopt}});
    looks.run_until([&] { return !looks.watch.warnings().empty(); });
    looks.watch.stop();
    const Outcome status = looks.ground.ask({"status", Json::object()});
    CHECK(status.result.at("warnings").dump().find("pg_drop_replication_slot('tsbackup_x')") !=
          std::string::npos);
    CHECK(status.result.at("problems").dump().find("slot") == std::string::npos);
}

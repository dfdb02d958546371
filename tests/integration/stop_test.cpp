// SIGTERM in the middle of a backup of the schedule, with a hook at work that does not want to end.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sstream>

#include "tests/integration/faked_clock.hpp"
#include "tests/integration/ground.hpp"
#include "tests/integration/raw_request.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using tsb::from_iso8601;
using Json = nlohmann::json;

namespace {

constexpr std::uint64_t well_under_way = 3U << 20U;

constexpr const char* stubborn_hook = R"sh(
trap '' TERM
cat >>"$1/told"
echo $$ >"$1/pid.new"
mv "$1/pid.new" "$1/pid"
while :; do sleep 1; done
)sh";

/// A daemon with a failed job, whose hook runs on and on, and a backup of the schedule under way.
class Busy {
public:
    explicit Busy(PgServer& server)
        : daemon(clusters_of(server)),
          clock_(daemon.scratch(), from_iso8601("2026-11-23T01:00:00Z")) {
        hooks_ = daemon.scratch().directory("hooks");
        write_file(hooks_ / "hook.sh", stubborn_hook);
        give_to_server_user(hooks_, true);
        write_file(daemon.config_file(),
                   read_file(daemon.config_file()) + "hooks:\n  - events: [failure]\n" +
                       "    timeout: 1h\n    command: [/bin/sh, " + (hooks_ / "hook.sh").string() +
                       ", " + hooks_.string() + "]\n");
        start();
        CHECK(refused(daemon, {"backup", "broken"}).code == "connection");
        REQUIRE(eventually([&] { return std::filesystem::exists(hooks_ / "pid"); }));
        clock_.set(from_iso8601("2026-11-23T02:00:00Z"));
        daemon.ask({"reload"});  // has it look at its clock
        REQUIRE(eventually([&] {
            const Json job = scheduled_backup();
            return !job.is_null() && job.at("bytes_done") >= well_under_way;
        }));
    }

    void start() {
        daemon.start_under(clock_.runner());
        REQUIRE(daemon.running());
    }
    void start_later() {
        clock_.set(from_iso8601("2026-11-23T02:10:00Z"));
        start();
    }
    /// The newest of this run of the daemon; null when there is none.
    Json scheduled_backup() {
        const Json answer = daemon.ask({"jobs"});
        Json newest;
        for (const Json& job : answer.at("jobs")) {
            if (job.at("kind") == "backup" && job.at("cluster") == "main") newest = job;
        }
        return newest;
    }
    bool hook_runs() const {
        const auto pid = static_cast<pid_t>(std::stol(read_file(hooks_ / "pid")));
        return ::kill(pid, 0) == 0 || errno != ESRCH;
    }
    /// What hooks were told, a JSON object each.
    std::vector<Json> told() const { return json_lines(hooks_ / "told"); }
    std::vector<Json> history() const {
        return json_lines(daemon.repository() / "main/history/jobs.jsonl");
    }
    Json schedule_entry() const {
        const Json state =
            Json::parse(read_file(daemon.repository() / "main/history/schedule.json"));
        REQUIRE(state.at("entries").size() == 1);
        return state.at("entries").front();
    }
    bool has_drafts() const {
        const auto drafts = daemon.repository() / "main/inprogress";
        return std::filesystem::exists(drafts) && !std::filesystem::is_empty(drafts);
    }

    Daemon daemon;

private:
    static std::vector<ClusterEntry> clusters_of(const PgServer& server) {
        ClusterEntry main("main", server.connection());
        main.backup = {"compression: none", "max_rate: 1MB"};
        main.others = {"schedule: [{cron: \"0 2 * * *\", timezone: UTC}]"};
        return {main, ClusterEntry("broken", "host=/nonexistent")};
    }
    static std::vector<Json> json_lines(const std::filesystem::path& file) {
        std::vector<Json> all;
        std::istringstream lines(read_file(file));
        for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
        return all;
    }

    FakedClock clock_;
    std::filesystem::path hooks_;
};

}  // namespace

TEST_CASE("SIGTERM, once or twice, ends a busy daemon with everything written down", "[stop]") {
    PgServer server(PgVersion::pg15);
    server.start();
    add_bulk(server, "bulk", 20);
    for (const bool twice : {false, true}) {
        INFO((twice ? "twice" : "once"));
        Busy busy(server);
        Daemon& daemon = busy.daemon;
        REQUIRE(busy.has_drafts());
        REQUIRE(busy.hook_runs());
        if (twice) {
            daemon.signal(SIGTERM);
            REQUIRE(eventually([&] { return contains(daemon.log(), "stopping on signal 15"); }));
        }
        INFO(daemon.log());
        CHECK(daemon.stop() == 0);
        CHECK(contains(daemon.log(), " stopped\n"));
        CHECK_FALSE(std::filesystem::exists(socket_of(daemon)));
        CHECK_FALSE(busy.hook_runs());
        CHECK_FALSE(busy.has_drafts());
        CHECK(server.slots_go_away());

        const auto history = busy.history();
        REQUIRE(history.size() == 1);
        CHECK(history[0].at("kind") == "backup");
        CHECK(history[0].at("outcome") == "cancelled");
        CHECK(history[0].at("asked_by") == "schedule");
        // The stop asked for that end: nobody is told of it.
        const auto told = busy.told();
        REQUIRE(told.size() == 1);
        CHECK(told[0].at("cluster") == "broken");

        const Json entry = busy.schedule_entry();
        CHECK(entry.at("handled_until") == "2026-11-23T02:00:00Z");
        CHECK(entry.at("failures") == 1);
        CHECK(entry.contains("retry_at"));
        busy.start_later();
        CHECK(eventually([&] { return !busy.scheduled_backup().is_null(); }));
        CHECK(busy.scheduled_backup().at("asked_by") == "schedule");
        CHECK(daemon.listed().empty());
    }
}

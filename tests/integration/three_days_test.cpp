// Three days of a daemon with two clusters, one of which cannot be reached for a day: what runs and
// when, what retention removes, how health turns and who is told. The clock of the daemon stands
// still and is moved from one moment at which something is due to the next, over the night on which
// Berlin's clocks are put forward from 02:00 to 03:00 (2026-03-29 01:00 UTC).
#include <algorithm>
#include <map>
#include <sstream>

#include "tests/integration/faked_clock.hpp"
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using tsb::from_iso8601;
using tsb::SystemTime;
using tsb::to_iso8601;
using Json = nlohmann::json;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* retention =
    "retention: {keep_last: 2, keep_daily: 2, timezone: Europe/Berlin}";

std::vector<ClusterEntry> clusters_of(const PgServer& good, const PgServer& bad) {
    ClusterEntry first("good", good.connection());
    first.backup = {"compression: lz4"};
    first.others = {"schedule:", "  - {job: backup, cron: \"30 2 * * *\", timezone: Europe/Berlin}",
                    "  - {job: verify, every: 6h}", retention};
    ClusterEntry second("bad", bad.connection());
    second.backup = {"compression: lz4"};
    second.others = {"max_age: 13h", "schedule: [{every: 6h}]", retention};
    return {first, second};
}

/// A daemon whose clock moves from one due moment to the next, and what was seen of it.
class Life {
public:
    Life(const std::vector<ClusterEntry>& clusters, const std::string& begin)
        : daemon(clusters), clock_(daemon.scratch(), from_iso8601(begin)) {
        const auto script = daemon.scratch() / "tell.sh";
        write_file(script, "cat >> \"$1\"\n");
        write_file(told_file(), "");
        give_to_server_user(told_file());
        write_file(daemon.config_file(), read_file(daemon.config_file()) +
                                             "hooks:\n  - events: [overdue, recovered]\n" +
                                             "    command: [/bin/sh, " + script.string() + ", " +
                                             told_file().string() + "]\n");
    }

    void start() {
        daemon.start_under(clock_.runner());
        REQUIRE(daemon.running());
    }

    /// Moves the clock to every moment up to `moment` at which something is due, and to that one.
    void live_until(const std::string& moment) {
        const SystemTime end = from_iso8601(moment);
        for (SystemTime due = next_due(); due <= end; due = next_due()) live_at(due);
        live_at(end);
    }

    void kill_and_restart() {
        const pid_t pid = daemon.pid();
        daemon.kill9();
        FakedClock::clear_up_after(pid);
        start();
    }

    /// Has the daemon look at its clock, and waits until nothing is due any more nor runs.
    void look() {
        daemon.ask({"reload"});
        REQUIRE(eventually([&] {
            wait_for_jobs();
            return nothing_is_due();
        }));
        wait_for_jobs();  // the prune behind a backup
        note_jobs();
        note_health();
    }

    /// "2026-03-28T01:30:00Z done" of each job of the cluster that has ended, by time.
    Lines jobs(const std::string& kind, const std::string& cluster) const {
        Lines lines;
        for (const auto& [id, job] : jobs_) {
            if (job.at("kind") != kind || job.at("cluster") != cluster) continue;
            lines.push_back(job.at("started_at").get<std::string>() + " " +
                            job.at("state").get<std::string>());
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    /// When status's exit code changed, and to what: "2026-03-27T12:00:00Z 5".
    const Lines& health_turns() const { return health_turns_; }

    /// What status finds wrong now.
    Lines problems() {
        const auto answer = Json::parse(daemon.ctl({"--json", "status"}).out);
        return (answer.contains("ok") ? answer.at("ok") : answer.at("result")).at("problems");
    }

    Lines backups(const std::string& cluster) {
        Lines ids;
        const auto answer = daemon.ask({"list", cluster});
        for (const auto& entry : answer.at("backups")) {
            CHECK(entry.at("state") == "good");
            ids.push_back(entry.at("backup_id")
                              .get<std::string>()
                              .substr(std::string("cluster_backup_").size()));
        }
        return ids;
    }

    /// What the hook was told, once that are `count` events: "<event> <cluster> <at> <message>".
    Lines told(std::size_t count) {
        Lines lines;
        eventually([&] {
            lines.clear();
            std::istringstream events(read_file(told_file()));
            for (std::string event; std::getline(events, event);) {
                if (!events.eof()) lines.push_back(event);
            }
            return lines.size() >= count;
        });
        for (std::string& line : lines) line = summary_of(Json::parse(line));
        return lines;
    }

    Daemon daemon;

private:
    static std::string summary_of(const Json& event) {
        std::string text;
        for (const char* key : {"event", "cluster", "at", "message"}) {
            text += (text.empty() ? "" : " ") + event.at(key).get<std::string>();
        }
        return text;
    }

    std::filesystem::path told_file() const { return daemon.scratch() / "told"; }

    void live_at(SystemTime moment) {
        clock_.set(moment);
        look();
    }

    void wait_for_jobs() { daemon.ask({"watch", "--no-progress"}); }

    std::vector<Json> entries() {
        std::vector<Json> all;
        const auto answer = daemon.ask({"schedule"});
        for (const auto& cluster : answer.at("clusters")) {
            for (const auto& entry : cluster.at("entries")) all.push_back(entry);
        }
        return all;
    }

    static SystemTime due_of(const Json& entry) {
        return from_iso8601(entry.at("runs").at(0).at("due").get<std::string>());
    }

    SystemTime next_due() {
        SystemTime next = SystemTime::max();
        for (const Json& entry : entries()) next = std::min(next, due_of(entry));
        return next;
    }

    bool nothing_is_due() {
        const auto all = entries();
        return std::all_of(all.begin(), all.end(), [&](const Json& entry) {
            return entry.at("running").is_null() && due_of(entry) > clock_.now();
        });
    }

    void note_jobs() {
        const auto answer = daemon.ask({"jobs"});
        for (const auto& job : answer.at("jobs")) jobs_[job.at("job")] = job;
    }

    void note_health() {
        const int status = daemon.ctl({"status"}).status;
        if (status == health_) return;
        health_ = status;
        health_turns_.push_back(to_iso8601(clock_.now()) + " " + std::to_string(status));
    }

    FakedClock clock_;
    std::map<std::string, Json> jobs_;  // by id, as they were seen last
    int health_ = -1;
    Lines health_turns_;
};

/// `moments` as jobs that ended in `state`.
Lines each(const std::string& state, const Lines& moments) {
    Lines lines;
    for (const auto& moment : moments) lines.push_back(moment + " " + state);
    return lines;
}

std::vector<SystemTime> times_of(const Lines& jobs, const std::string& state) {
    std::vector<SystemTime> times;
    for (const auto& job : jobs) {
        const auto space = job.find(' ');
        if (job.substr(space + 1) == state) times.push_back(from_iso8601(job.substr(0, space)));
    }
    return times;
}

/// Empty when `attempts` are those of a slot whose runs all fail: at the slot, then 1, 2, 4 ... 60
/// minutes apart, a fifth more or less, up to `end`.
std::string wrong_attempts(const std::vector<SystemTime>& attempts, SystemTime slot,
                           SystemTime end) {
    using std::chrono::minutes;
    if (attempts.empty() || attempts.front() != slot) return "none at the slot";
    std::chrono::seconds middle = minutes(1);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        const SystemTime latest = attempts[i] + middle * 6 / 5;
        if (i + 1 == attempts.size()) {
            return latest >= end ? "" : "none after " + to_iso8601(attempts[i]);
        }
        const SystemTime earliest = attempts[i] + middle * 4 / 5;
        if (attempts[i + 1] < earliest || attempts[i + 1] > latest) {
            return to_iso8601(attempts[i + 1]) + " after " + to_iso8601(attempts[i]);
        }
        middle = std::min<std::chrono::seconds>(middle * 2, minutes(60));
    }
    return {};
}

/// The attempts from `slot` on and before `end`.
std::vector<SystemTime> between(const std::vector<SystemTime>& attempts, SystemTime slot,
                                SystemTime end) {
    std::vector<SystemTime> some;
    std::copy_if(attempts.begin(), attempts.end(), std::back_inserter(some),
                 [&](SystemTime attempt) { return slot <= attempt && attempt < end; });
    return some;
}

void check_failed_attempts(const std::vector<SystemTime>& failed, SystemTime last) {
    const Lines slots = {"2026-03-28T12:00:00Z", "2026-03-28T18:00:00Z", "2026-03-29T00:00:00Z",
                         "2026-03-29T06:00:00Z", "2026-03-29T12:00:00Z"};
    std::size_t count = 0;
    for (const auto& name : slots) {
        const SystemTime slot = from_iso8601(name);
        const SystemTime end = std::min<SystemTime>(slot + std::chrono::hours(6), last);
        const auto attempts = between(failed, slot, end);
        INFO(name);
        CHECK(wrong_attempts(attempts, slot, end) == "");
        CHECK(attempts.size() <= 13);  // were each wait as short as may be
        count += attempts.size();
    }
    CHECK(count == failed.size());
}

/// From the first start until both clusters have a backup, and on while all is well.
void live_first_day(Life& life) {
    life.look();
    CHECK(life.problems() ==
          Lines{"cluster bad has no good backup", "cluster good has no good backup"});
    life.daemon.ask({"backup", "good", "--no-progress"});
    life.look();
    CHECK(life.problems() == Lines{"cluster bad has no good backup"});
    life.live_until("2026-03-28T11:00:00Z");
    CHECK(life.problems().empty());
    CHECK(life.backups("good") == Lines{"20260327_120000", "20260328_013000"});
    CHECK(life.backups("bad") == Lines{"20260327_180000", "20260328_000000", "20260328_060000"});
}

/// The first half of the time without the server of "bad".
void live_into_the_outage(Life& life) {
    const std::string failed = "cluster bad: the last backup failed ";
    life.live_until("2026-03-28T12:00:00Z");
    const auto first = life.problems();
    REQUIRE(first.size() == 1);
    CHECK(first[0].rfind(failed + "just now: cannot connect", 0) == 0);

    life.live_until("2026-03-28T19:00:00Z");
    CHECK(life.problems().size() == 1);
    CHECK(life.told(0).empty());
    life.live_until("2026-03-28T19:00:01Z");
    const auto overdue = life.problems();
    REQUIRE(overdue.size() == 2);
    CHECK(overdue[0] == "cluster bad: no good backup for 13 h, max_age is 13 h");
    CHECK(overdue[1].rfind(failed, 0) == 0);
    CHECK(life.told(1) == Lines{"overdue bad 2026-03-28T19:00:01Z cluster bad: no good backup for "
                                "13 h, max_age is 13 h"});
}

/// Just after the run in the night of the clock change, as it would run again if it were forgotten.
void kill_in_between(Life& life) {
    life.live_until("2026-03-29T01:00:00Z");
    const auto stored = life.daemon.repository() / "good/history/schedule.json";
    REQUIRE(eventually(
        [&] { return contains(read_file(stored), "\"ended_at\":\"2026-03-29T01:00:00Z\""); }));
    const auto before = life.daemon.ask({"schedule"});
    const auto jobs = life.daemon.ask({"jobs"}).at("jobs").size();
    life.kill_and_restart();
    CHECK(eventually([&] { return life.daemon.ask({"schedule"}) == before; }));
    life.look();
    CHECK(life.daemon.ask({"schedule"}) == before);
    CHECK(life.daemon.ask({"jobs"}).at("jobs").size() == std::min<std::size_t>(jobs, 50));
    CHECK(life.backups("good") == Lines{"20260328_013000", "20260329_010000"});
    CHECK(life.backups("bad") == Lines{"20260327_180000", "20260328_000000", "20260328_060000"});
}

void check_runs(const Life& life, const std::string& recovery) {
    const Lines good = {"2026-03-27T12:00:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z",
                        "2026-03-30T00:30:00Z"};
    CHECK(life.jobs("backup", "good") == each("done", good));
    CHECK(life.jobs("prune", "good") == each("done", good));
    CHECK(life.jobs("verify", "good") ==
          each("done", {"2026-03-27T18:00:00Z", "2026-03-28T00:00:00Z", "2026-03-28T06:00:00Z",
                        "2026-03-28T12:00:00Z", "2026-03-28T18:00:00Z", "2026-03-29T00:00:00Z",
                        "2026-03-29T06:00:00Z", "2026-03-29T12:00:00Z", "2026-03-29T18:00:00Z",
                        "2026-03-30T00:00:00Z", "2026-03-30T06:00:00Z", "2026-03-30T12:00:00Z"}));

    const Lines bad = {"2026-03-27T18:00:00Z", "2026-03-28T00:00:00Z",
                       "2026-03-28T06:00:00Z", recovery,
                       "2026-03-29T18:00:00Z", "2026-03-30T00:00:00Z",
                       "2026-03-30T06:00:00Z", "2026-03-30T12:00:00Z"};
    CHECK(life.jobs("prune", "bad") == each("done", bad));
    Lines done;
    for (const auto time : times_of(life.jobs("backup", "bad"), "done")) {
        done.push_back(to_iso8601(time));
    }
    CHECK(done == bad);
    check_failed_attempts(times_of(life.jobs("backup", "bad"), "failed"), from_iso8601(recovery));
}

}  // namespace

TEST_CASE("three days of two clusters, one of which cannot be reached for a day", "[three_days]") {
    const auto version = server_versions().front();
    PgServer good(version);
    PgServer bad(version);
    good.start();
    bad.start();
    Life life(clusters_of(good, bad), "2026-03-27T12:00:00Z");
    life.start();
    live_first_day(life);

    bad.stop();
    live_into_the_outage(life);
    kill_in_between(life);
    life.live_until("2026-03-29T12:05:00Z");
    CHECK(life.backups("bad") == Lines{"20260327_180000", "20260328_000000", "20260328_060000"});

    bad.start();
    life.live_until("2026-03-29T13:00:00Z");
    CHECK(life.problems().empty());
    REQUIRE(life.health_turns().size() == 4);
    const std::string recovery = life.health_turns()[3].substr(0, 20);
    CHECK(life.health_turns() == Lines{"2026-03-27T12:00:00Z 5", "2026-03-27T18:00:00Z 0",
                                       "2026-03-28T12:00:00Z 5", recovery + " 0"});
    const auto events = life.told(2);
    REQUIRE(events.size() == 2);
    CHECK(events[1] ==
          "recovered bad " + recovery + " cluster bad: the newest good backup ended just now");
    auto backups = life.backups("bad");
    REQUIRE(backups.size() == 2);
    CHECK(backups[0] == "20260328_060000");

    life.live_until("2026-03-30T12:00:00Z");
    check_runs(life, recovery);
    CHECK(life.backups("good") == Lines{"20260329_010000", "20260330_003000"});
    CHECK(life.backups("bad") == Lines{"20260329_180000", "20260330_060000", "20260330_120000"});
    CHECK(life.health_turns().size() == 4);
    const Json schedule = life.daemon.ask({"schedule"});
    for (const auto& cluster : schedule.at("clusters")) {
        CHECK(cluster.at("notes").empty());  // no run was missed
    }
    CHECK(life.daemon.stop() == 0);
    CHECK(life.told(2) == events);
}

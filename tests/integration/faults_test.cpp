// What goes wrong in the middle of a backup. Each time: one cause, exit status 1, nothing listed
// that is not whole, earlier backups good, no slot left, and the next backup works.
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

namespace {

constexpr std::uint64_t well_under_way = 3U << 20U;

// A server with enough to send that a throttled backup can be met in the middle, and a daemon with
// one good backup of it.
class UnderWay {
public:
    explicit UnderWay(const std::vector<std::string>& settings = {},
                      const std::vector<std::string>& backup = {})
        : server(PgVersion::pg15, settings), daemon({entry(server, backup)}) {
        server.start();
        add_bulk(server, "bulk", 20);
        daemon.start();
        first = daemon.backup();
        job = backup_under_way(daemon, well_under_way, {"--max-rate", "4MB"});
    }

    static ClusterEntry entry(const PgServer& server, const std::vector<std::string>& backup) {
        ClusterEntry made("main", server.connection());
        made.backup = backup;
        return made;
    }
    void check_nothing_left() {
        CHECK(leftovers(daemon, {first}).empty());
        if (!server.ensure_running()) FAIL("server does not come back:\n" << server.log());
        CHECK(server.slots_go_away());
        CHECK_FALSE(daemon.backup().empty());
    }
    pid_t walsender(const std::string& state) {
        return std::stoi(
            server.query("select pid from pg_stat_replication where state = '" + state + "'"));
    }

    PgServer server;
    Daemon daemon;
    std::string first;
    std::string job;
};

}  // namespace

TEST_CASE("the server crashes in the middle of a backup", "[faults]") {
    UnderWay ground;
    ground.server.crash();
    const auto failure = failure_of(ground.daemon, ground.job);
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "connection");
    ground.check_nothing_left();
}

TEST_CASE("the server is stopped in the middle of a backup", "[faults]") {
    for (const int number : {SIGINT, SIGQUIT}) {
        UnderWay ground;
        ground.server.stop(number);
        const auto failure = failure_of(ground.daemon, ground.job);
        INFO(failure.all);
        CHECK(failure.status == 1);
        CHECK(failure.code == "connection");
        ground.check_nothing_left();
    }
}

TEST_CASE("either of the two sessions is terminated in the middle of a backup", "[faults]") {
    for (const auto* state : {"backup", "streaming"}) {
        INFO("walsender in state " << state);
        UnderWay ground;
        ground.server.query("select pg_terminate_backend(" +
                            std::to_string(ground.walsender(state)) + ")");
        const auto failure = failure_of(ground.daemon, ground.job);
        INFO(failure.all);
        CHECK(failure.status == 1);
        CHECK(failure.code == "connection");
        ground.check_nothing_left();
    }
}

TEST_CASE("a server that freezes is noticed by the stall timer", "[faults]") {
    UnderWay ground({}, {"stall_timeout: 2s"});
    const auto sender = ground.walsender("backup");
    REQUIRE(kill(sender, SIGSTOP) == 0);
    const auto failure = failure_of(ground.daemon, ground.job);
    kill(sender, SIGCONT);
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "stalled");
    ground.check_nothing_left();
}

TEST_CASE("WAL that is removed before it could be streamed fails the backup", "[faults]") {
    UnderWay ground({"max_wal_size = 1GB", "wal_sender_timeout = 0"});
    ground.server.query("alter system set max_slot_wal_keep_size = '1MB'");
    ground.server.reload();
    // A daemon that does not read: its slot falls behind until a checkpoint gives it up. That
    // checkpoint waits for the sender's farewell, so it must not be waited for here.
    ground.daemon.signal(SIGSTOP);
    for (int round = 0; round < 4; ++round) {
        ground.server.query(
            "create table filler as select repeat(md5(g::text), 20) from"
            " generate_series(1, 20000) g; drop table filler; select pg_switch_wal()");
    }
    Background checkpoint(
        {ground.server.program("psql"), "-Xc", "checkpoint", "-d", ground.server.connection()},
        RunOptions(), ground.server.scratch() / "checkpoint.log");
    CHECK(eventually([&] { return contains(ground.server.log(), "to release replication slot"); }));
    ground.daemon.signal(SIGCONT);
    const auto failure = failure_of(ground.daemon, ground.job);
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "wal_missing");
    CHECK(contains(failure.message, "max_slot_wal_keep_size = 1MB"));
    ground.server.query("alter system reset max_slot_wal_keep_size");
    ground.server.reload();
    ground.check_nothing_left();
}

// Replay would make it again where the server has it, and a copy would write into the server's
// files.
TEST_CASE("a tablespace that is created in the middle of a backup fails it", "[faults]") {
    UnderWay ground;
    Scratch spaces;
    const auto location = spaces.directory("late").string();
    ground.server.query("create tablespace late location '" + location + "'");
    ground.server.query("create table in_late tablespace late as select 1 as a");
    const auto failure = failure_of(ground.daemon, ground.job);
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "proof_failed");
    CHECK(contains(failure.message, "at '" + location + "' was created while it ran"));
    ground.check_nothing_left();
}

TEST_CASE("a damaged page on the server fails the backup", "[faults]") {
    PgServer server(PgVersion::pg15);
    server.start();
    server.query("create table victim as select g from generate_series(1, 5000) g; checkpoint");
    Daemon daemon(server);
    daemon.start();
    const auto first = daemon.backup();
    const auto file = server.data() / server.query("select pg_relation_filepath('victim')");
    must_run({"dd", "if=/dev/urandom", "of=" + file.string(), "bs=64", "seek=130", "count=1",
              "conv=notrunc"});
    const auto failure = refused(daemon, {"backup", "main"});
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "page_checksum");
    CHECK(leftovers(daemon, {first}).empty());
    CHECK(server.slots_go_away());
}

TEST_CASE("a second backup of the same cluster joins the one that runs", "[faults]") {
    UnderWay ground;
    const auto joined = ground.daemon.ask({"backup", "main"});
    CHECK(joined.at("job") == ground.job);
    CHECK(ground.daemon.listed().size() == 2);
    CHECK(ground.daemon.listed().back() == joined.at("backup_id"));
}

TEST_CASE("SIGTERM in the middle of a backup ends it as cancelled", "[faults]") {
    UnderWay ground;
    CHECK(ground.daemon.stop() == 0);
    ground.daemon.start();
    ground.check_nothing_left();
    CHECK(contains(read_file(ground.daemon.repository() / "main/history/jobs.jsonl"), "cancelled"));
}

// The central test: under writes and checkpoints, what comes back is exact; and the same tree
// without its backup_label does not start at all rather than start wrong.
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

constexpr int account_count = 60000;

void make_bank(PgServer& server, bool hypertable) {
    server.query(
        "create table accounts (id int primary key, balance bigint not null);"
        "insert into accounts select g, 1000 from generate_series(1, " +
        std::to_string(account_count) + ") g;" +
        "create table history (at timestamptz not null default clock_timestamp(),"
        " source int, target int, amount int);");
    if (hypertable) {
        server.query(
            "set client_min_messages = error; create extension timescaledb;"
            "select create_hypertable('history', 'at',"
            " chunk_time_interval => interval '5 seconds')");
    }
    server.query("create index on history (source); create index on history (target); checkpoint");
}

// Money moves between accounts and each move is recorded in the same transaction.
constexpr const char* transfer = R"(\set source random(1, 60000)
\set target random(1, 60000)
\set amount random(1, 50)
begin;
update accounts set balance = balance - :amount where id = :source;
update accounts set balance = balance + :amount where id = :target;
insert into history (source, target, amount) values (:source, :target, :amount);
commit;
)";

constexpr const char* checkpoints = "checkpoint;\n\\sleep 2 s\n";

Background pgbench(PgServer& server, const std::string& name, const std::string& script,
                   const Arguments& options) {
    const auto file = server.scratch() / (name + ".sql");
    write_file(file, script);
    Arguments command{server.program("pgbench"), "--no-vacuum", "--file", file, "--time", "600"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(server.connection());
    return Background(command, RunOptions(), server.scratch() / (name + ".log"));
}

constexpr const char* wrong_balances = R"sql(
select count(*) from accounts a left join (
    select id, sum(delta) as moved from (
        select source as id, -amount as delta from history
        union all select target, amount from history) moves group by id) m using (id)
where a.balance <> 1000 + coalesce(m.moved, 0))sql";

void check_bank(PgServer& server) {
    CHECK(server.query("select count(*) from accounts") == std::to_string(account_count));
    CHECK(server.query("select sum(balance) from accounts") ==
          std::to_string(account_count * 1000));
    CHECK(server.query(wrong_balances) == "0");
    CHECK(server.query("set enable_seqscan = off; set enable_bitmapscan = off;"
                       "select count(*) from accounts where id > 0") ==
          std::to_string(account_count));
}

// What a person does who follows bad advice. Only here, and only to see that it fails safely.
void check_refuses_without_label(const fs::path& tree, PgVersion version, const Scratch& scratch) {
    const auto copy = scratch / "without_label";
    must_run({"cp", "-a", tree, copy});
    REQUIRE(fs::remove(copy / "backup_label"));
    PgServer server(version, ExistingData::at(copy));
    CHECK_FALSE(server.try_start());
    CHECK(contains(server.log(), "could not locate a valid checkpoint record"));
}

}  // namespace

TEST_CASE("a backup under writes restores to an exact state, and not at all without its label",
          "[central]") {
    for (const auto version : server_versions()) {
        PgServer source(version,
                        {"shared_buffers = 1MB", "full_page_writes = on", "max_wal_size = 64MB"});
        source.start();
        make_bank(source, version == PgVersion::pg17);
        Daemon daemon(source);
        daemon.start();

        auto load = pgbench(source, "transfer", transfer, {"--client=2", "--rate=250"});
        auto points = pgbench(source, "checkpoints", checkpoints, {"--client=1"});
        REQUIRE(
            eventually([&] { return source.query("select count(*) > 50 from history") == "t"; }));
        const auto last_before = source.query("select max(at) from history");
        const auto id = daemon.backup({"--max-rate", "3MB"});
        // How many there are is the machine's affair; that there are many is what the test is
        // about.
        const auto during =
            source.query("select count(*) > 50 from history where at > '" + last_before + "'");
        CHECK(during == "t");
        load.signal(SIGINT);
        points.signal(SIGINT);
        load.wait();
        points.wait();
        const auto before = "select count(*) from history where at <= '" + last_before + "'";

        const auto server = restored(daemon, id, version);
        check_refuses_without_label(server->data(), version, server->scratch());
        server->start();
        server->wait_for_writes();
        check_bank(*server);
        CHECK(server->query(before) == source.query(before));
        CHECK(restore_problems(*server).empty());
        CHECK(source.slots() == "0");
    }
}

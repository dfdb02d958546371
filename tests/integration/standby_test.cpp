// A standby as the source: no checkpoint of its own to force, no segment switch at the end.
#include "core/pg/pg_control.hpp"
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;

TEST_CASE("a backup of a standby restores to a primary of its own", "[standby]") {
    for (const auto version : server_versions()) {
        PgServer primary(version);
        primary.start();
        primary.query("create table kept as select g from generate_series(1, 40000) g");
        const auto standby = PgServer::standby_of(primary);
        standby->start();
        primary.query("insert into kept select 1; checkpoint");
        standby->query("checkpoint");
        const auto control = tsb::parse_pg_control(
            tsb::as_bytes(must_run({"cat", standby->data() / "global/pg_control"})));
        CHECK(to_string(control.min_recovery_point) ==
              standby->query("select min_recovery_end_lsn from pg_control_recovery()"));
        Daemon daemon(*standby);
        daemon.start();
        for (const auto* format : {"tar", "plain"}) {
            INFO("--format " << format);
            const auto id = daemon.backup({"--format", format});
            CHECK(daemon.ask({"show", id}).at("backup").at("from_standby") == true);
            CHECK(daemon.ctl({"verify", id}).status == 0);
            const auto server = restored_running(daemon, id, version);
            CHECK(server->query("select count(*) from kept") == "40001");
            CHECK(restore_problems(*server).empty());
        }
        CHECK(standby->slots() == "0");
        CHECK(primary.slots() == "0");
    }
}

TEST_CASE("a standby promoted during the backup fails it, and says so", "[standby]") {
    for (const auto version : server_versions()) {
        PgServer primary(version);
        primary.start();
        add_bulk(primary, "bulk", 20);
        const auto standby = PgServer::standby_of(primary);
        standby->start();
        Daemon daemon(*standby);
        daemon.start();
        const auto first = daemon.backup();
        const auto job = backup_under_way(daemon, 2U << 20U, {"--max-rate", "4MB"});
        standby->promote();
        const auto failure = failure_of(daemon, job);
        INFO(failure.all);
        CHECK(failure.status == 1);
        CHECK(failure.code == "standby_promoted");
        CHECK(leftovers(daemon, {first}).empty());
        CHECK(standby->slots_go_away());
    }
}

TEST_CASE("history files come along when the source is on a later timeline", "[standby]") {
    for (const auto version : server_versions()) {
        PgServer primary(version);
        primary.start();
        const auto standby = PgServer::standby_of(primary);
        standby->start();
        standby->promote();
        standby->wait_for_writes();
        standby->query("create table later as select 7 as g; checkpoint");
        Daemon daemon(*standby);
        daemon.start();
        const auto id = daemon.backup({"--compress", "none"});
        CHECK(daemon.ask({"show", id}).at("backup").at("timeline") == 2);
        const auto files = must_run({"tar", "-tf", daemon.backup_directory(id) / "pg_wal.tar"});
        CHECK(contains(files, "00000002.history"));
        const auto server = restored_running(daemon, id, version);
        CHECK(server->query("select g from later") == "7");
        CHECK(contains(server->log(), "selected new timeline ID: 3"));
    }
}

// What a cluster may hold besides tables in one directory: tablespaces, big files, empty chunks.
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

// A cluster with two tablespaces, one at a path with a blank in it, and an empty third.
class WithTablespaces {
public:
    explicit WithTablespaces(PgVersion version) : server(version) {
        server.start();
        for (const auto* name : {"fast", "slow disk", "empty"}) {
            server.query("create tablespace \"" + std::string(name) + "\" location '" +
                         spaces.directory(name).string() + "'");
        }
        server.query(
            "create table hot tablespace fast as select g, md5(g::text)"
            " from generate_series(1, 20000) g");
        server.query(
            "create table cold tablespace \"slow disk\" as select g"
            " from generate_series(1, 9000) g");
        server.query("create index on hot (g) tablespace \"slow disk\"");
    }
    Arguments map_to(const fs::path& directory) const {
        Arguments options;
        for (const auto* name : {"fast", "slow disk", "empty"}) {
            options.insert(options.end(), {"--tablespace-map", (spaces / name).string() + "=" +
                                                                   (directory / name).string()});
        }
        return options;
    }

    Scratch spaces;
    PgServer server;
};

void check_moved(PgServer& server, const fs::path& directory) {
    for (const auto& entry : fs::directory_iterator(server.data() / "pg_tblspc")) {
        CHECK(fs::read_symlink(entry.path()).parent_path() == directory);
    }
    CHECK(server.query("select string_agg(pg_tablespace_location(oid), ',' order by "
                       "pg_tablespace_location(oid))"
                       " from pg_tablespace where spcname !~ '^pg_'") ==
          (directory / "empty").string() + "," + (directory / "fast").string() + "," +
              (directory / "slow disk").string());
}

}  // namespace

TEST_CASE("tablespaces move where the map says, and the old places are not touched", "[content]") {
    for (const auto version : server_versions()) {
        WithTablespaces ground(version);
        Daemon daemon(ground.server);
        daemon.start();
        const auto before = fingerprint(ground.server);
        for (const auto* format : {"tar", "plain"}) {
            INFO("--format " << format);
            const auto id = daemon.backup({"--format", format});
            const auto places =
                daemon.scratch().directory(std::string("restored/spaces_") + format);
            const auto server = restored_running(daemon, id, version, ground.map_to(places));
            CHECK(fingerprint(*server) == before);
            CHECK(restore_problems(*server).empty());
            check_moved(*server, places);
        }
        CHECK(fingerprint(ground.server) == before);
    }
}

TEST_CASE("a tablespace whose place exists is never written over", "[content]") {
    WithTablespaces ground(PgVersion::pg15);
    Daemon daemon(ground.server);
    daemon.start();
    const auto id = daemon.backup();
    const auto target = new_target(daemon);
    const auto unmapped = refused(daemon, {"restore", id, "--target", target});
    INFO(unmapped.all);
    CHECK(unmapped.status == 4);
    CHECK(unmapped.code == "tablespace_unmapped");
    CHECK(contains(unmapped.hint, "--tablespace-map"));
    CHECK_FALSE(fs::exists(target / "global/pg_control"));

    const auto occupied = daemon.scratch().directory("restored/occupied");
    const auto kept = daemon.scratch().directory("restored/occupied/fast") / "kept";
    write_file(kept, "not ours");
    Arguments mapped{"restore", id, "--target", target};
    for (const auto& option : ground.map_to(occupied)) mapped.push_back(option);
    const auto taken = refused(daemon, mapped);
    INFO(taken.all);
    CHECK(taken.status == 4);
    CHECK(read_file(kept) == "not ours");
    CHECK_FALSE(fs::exists(target / "global/pg_control"));

    auto unknown = mapped;
    unknown.insert(unknown.end(), {"--tablespace-map", "/no/such=" + (occupied / "x").string()});
    CHECK(refused(daemon, unknown).status == 2);
}

TEST_CASE("tablespaces whose places are gone come back there without a map", "[content]") {
    WithTablespaces ground(PgVersion::pg15);
    Daemon daemon(ground.server);
    daemon.start();
    const auto before = fingerprint(ground.server);
    const auto id = daemon.backup();
    ground.server.stop();
    for (const auto* name : {"fast", "slow disk", "empty"}) fs::remove_all(ground.spaces / name);
    const auto target = new_target(daemon);
    const auto result = daemon.in_process({"restore", id, "--target", target});
    INFO(failure_text(result));
    REQUIRE(result.status == 0);
    PgServer server(PgVersion::pg15, ExistingData::at(target));
    server.start();
    server.wait_for_writes();
    CHECK(fingerprint(server) == before);
}

TEST_CASE("what the configuration says of an earlier recovery does not reach the restored server",
          "[content]") {
    for (const auto version : server_versions()) {
        PgServer source(
            version,
            {"recovery_target_time = '2020-01-01 00:00:00'", "recovery_target_action = 'pause'",
             "recovery_min_apply_delay = '1h'", "recovery_end_command = 'false'"});
        source.start();
        source.query("create table kept as select g from generate_series(1, 1000) g");
        Daemon daemon(source);
        daemon.start();
        const auto server = restored_running(daemon, daemon.backup(), version);
        CHECK(server->query("select count(*) from kept") == "1000");
    }
}

TEST_CASE("files of one gibibyte are backed up and restored", "[content]") {
    PgServer source(PgVersion::pg15, {"max_wal_size = 4GB"});
    source.start();
    // One row a page: the first segment is exactly 1 GiB, a second one follows.
    source.query(
        "create table big (id int, body text); alter table big alter body set storage plain;"
        "insert into big select g, repeat('x', 7900) from generate_series(1, 131500) g;"
        "checkpoint");
    REQUIRE(source.query("select pg_relation_size('big') > 1024::bigint * 1024 * 1024") == "t");
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup({"--compress", "lz4"});
    const auto server = restored_running(daemon, id, PgVersion::pg15);
    CHECK(server->query("select count(*), sum(id), min(length(body)) from big") ==
          source.query("select count(*), sum(id), min(length(body)) from big"));
}

TEST_CASE("an empty hypertable chunk is still there after a restore", "[content]") {
    if (!have_server(PgVersion::pg17)) return;
    auto& source = filled_server(PgVersion::pg17);
    const std::string chunks = "select count(*) from timescaledb_information.chunks";
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup({"--compress", "none"});
    const auto server = restored_running(daemon, id, PgVersion::pg17);
    CHECK(server->query(chunks, "shop") == source.query(chunks, "shop"));
    CHECK(server->query("insert into readings values ('2026-01-05 12:00', 1, 2) returning value",
                        "shop") == "2");
}

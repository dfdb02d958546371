// Explore against real servers: what a running cluster and its backup are said to hold, and that
// looking runs nothing of theirs.
#include <algorithm>
#include <set>

#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// Items of `list` that have `value` under `key`.
std::vector<json> where(const json& report, const char* list, const char* key, const json& value) {
    std::vector<json> found;
    for (const json& item : report.at(list)) {
        if (item.at(key) == value) found.push_back(item);
    }
    return found;
}

json only(const json& report, const char* list, const char* key, const json& value) {
    const auto found = where(report, list, key, value);
    INFO(list << " with " << key << " " << value);
    REQUIRE(found.size() == 1);
    return found.front();
}

/// "list database.schema.name" of everything; without what a live server alone can tell.
std::set<std::string> names_in(const json& report) {
    std::set<std::string> names;
    for (const char* const list : {"databases", "roles", "schemas", "extensions", "tables",
                                   "indexes", "hypertables", "chunks", "jobs"}) {
        for (const json& item : report.at(list)) {
            std::string name = list;
            for (const char* const key : {"database", "schema", "name"}) {
                name += " " + item.value(key, std::string());
            }
            names.insert(name);
        }
    }
    return names;
}

void check_tables(const json& report) {
    const json accounts = only(report, "tables", "name", "accounts");
    CHECK(accounts.at("database") == "shop");
    CHECK(accounts.at("schema") == "public");
    CHECK(accounts.at("kind") == "table");
    CHECK(accounts.at("owner") == "postgres");
    CHECK(accounts.at("rows") == 5000);
    CHECK(accounts.at("heap_bytes") > 5000 * 20);
    CHECK(accounts.at("index_bytes") > 5000 * 8);
    CHECK(accounts.at("total_bytes") ==
          accounts.at("heap_bytes").get<int>() + accounts.at("index_bytes").get<int>());
    CHECK(only(report, "tables", "name", "Weird \"Table\"").at("database") == "shop");
    CHECK(only(report, "tables", "name", "cache").at("kind") == "unlogged");
    const json key = only(report, "indexes", "name", "accounts_pkey");
    CHECK(key.at("table") == "accounts");
    CHECK(key.at("unique") == true);
    CHECK(contains(key.at("definition"), "USING btree (id)"));
}

void check_hypertable(const json& report) {
    const json readings = only(report, "hypertables", "name", "readings");
    CHECK(readings.at("dimension") == "at");
    CHECK(readings.at("chunk_interval") == "1 day");
    CHECK(readings.at("chunks") > 10);
    CHECK(readings.at("compressed_chunks") == 0);
    CHECK(readings.at("range_start") == "2026-01-01T00:00:00Z");
    CHECK(readings.at("range_end") > "2026-01-20");
    const auto chunks = where(report, "chunks", "hypertable", "readings");
    CHECK(json(chunks.size()) == readings.at("chunks"));
    std::uint64_t bytes = 0;
    for (const json& chunk : chunks) bytes += chunk.at("size_bytes").get<std::uint64_t>();
    CHECK(chunks.back().at("range_start") == readings.at("range_start"));
    const json table = only(report, "tables", "name", "readings");
    CHECK(table.at("kind") == "hypertable");
    CHECK(table.at("total_bytes") == readings.at("total_bytes"));
    CHECK(table.at("total_bytes") >= bytes);
    CHECK(bytes > 3000 * 24);
    CHECK(table.at("rows") == 3000 - 144);  // a day's rows are deleted
    CHECK_FALSE(report.at("jobs").empty());
    CHECK(only(report, "extensions", "name", "timescaledb").at("database") == "shop");
}

void check_notes(const json& report) {
    for (const json& note : report.at("notes")) INFO(note);
    CHECK(report.at("notes").empty());
}

}  // namespace

TEST_CASE("a running cluster and its backup are said to hold the same", "[explore]") {
    for (const auto version : server_versions()) {
        CAPTURE(static_cast<int>(version));
        auto& source = filled_server(version);
        source.query("analyze", "shop");
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup();
        const json live = daemon.ask({"explore", "--live", "main"});
        const json stored = daemon.ask({"explore", id});

        CHECK(live.at("source") == "live");
        CHECK(stored.at("source") == "backup");
        CHECK(stored.at("backup_id") == id);
        for (const json& report : {live, stored}) {
            check_notes(report);
            CHECK(contains(report.at("server_version"), std::to_string(static_cast<int>(version))));
            const json quoted = only(report, "databases", "name", "Quoted \"Name\" 'x'");
            CHECK(quoted.at("encoding") == "UTF8");
            CHECK(contains(quoted.at("collation"), "(libc"));
            CHECK(quoted.at("size_bytes") > 1000000);
            CHECK(only(report, "roles", "name", "postgres").at("superuser") == true);
            check_tables(report);
            if (version == PgVersion::pg17) check_hypertable(report);
        }
        CHECK(names_in(live) == names_in(stored));
        CHECK(fs::is_empty(daemon.scratch() / "restored/tsbackup-drill"));
        CHECK(source.slots() == "0");
    }
}

TEST_CASE("the settings of a report are the cluster's own, without secrets", "[explore]") {
    PgServer source(PgVersion::pg15);
    source.start();
    source.query("alter system set work_mem = '7MB'");
    source.query("alter system set primary_conninfo = 'host=x password=hush1'");
    source.query("create role app password 'hush2'");
    source.query("alter role app set app.jwt_secret = 'hush3'");
    source.query("alter role app set work_mem = '9MB'");
    source.reload();
    Daemon daemon(source);
    daemon.start();
    daemon.backup();
    const json live = daemon.ask({"explore", "--live", "main"});
    const json stored = daemon.ask({"explore"});
    for (const json& report : {live, stored}) {
        CHECK_FALSE(contains(report.dump(), "hush"));
        CHECK(only(report, "settings", "name", "app.jwt_secret").at("value") == "(hidden)");
        CHECK(only(report, "settings", "name", "primary_conninfo").at("value") == "(hidden)");
        const auto memory = where(report, "settings", "name", "work_mem");
        REQUIRE(memory.size() == 2);
        CHECK(memory[0].at("source") == "role app");
        CHECK(memory[0].at("value") == "9MB");
    }
    CHECK(where(live, "settings", "name", "work_mem")[1].at("value") == "7168 kB");
    const json written = where(stored, "settings", "name", "work_mem")[1];
    CHECK(written.at("value") == "7MB");
    CHECK(written.at("source") == "postgresql.auto.conf");
    // Those of the throwaway server and of the restore are not the cluster's.
    CHECK(where(stored, "settings", "name", "cluster_name").empty());
    CHECK(where(stored, "settings", "name", "recovery_target_action").empty());
}

TEST_CASE("the rows shown are what is stored, and nothing planted runs for them", "[explore]") {
    const Scratch outside;
    const auto place = outside.directory("outside");
    PgServer source(PgVersion::pg15);
    source.start();
    source.query("create type mood as enum ('calm')");
    source.query(
        "create function planted(mood) returns text language plpgsql as $$ begin"
        " execute 'copy (select 1) to program ''touch " +
        (place / "ran").string() + "'''; return 'planted'; end $$");
    source.query("create cast (mood as text) with function planted(mood) as implicit");
    source.query("create table moods (id int, feels mood, \"odd \"\" name\" text)");
    source.query(
        "insert into moods select 1, 'calm'::mood, repeat('x', 1000) union all"
        " select g, null, '<script>alert(1)</script>' from generate_series(2, 9) g");
    source.query(
        "create extension file_fdw; create server files foreign data wrapper file_fdw;"
        "create foreign table far (t text) server files"
        " options (program 'touch " +
        (place / "far").string() +
        "'); "
        "create table near (t text); alter table far inherit near");
    Daemon daemon(source);
    daemon.start();
    daemon.backup();
    for (const Arguments& what : {Arguments{"--live", "main"}, Arguments{"latest"}}) {
        Arguments arguments{"explore", "--rows", "2"};
        arguments.insert(arguments.end(), what.begin(), what.end());
        const json report = daemon.ask(arguments);
        check_notes(report);
        CHECK(fs::is_empty(place));
        const json moods = only(report, "samples", "table", "moods");
        CHECK(moods.at("columns") == json({"id", "feels", "odd \" name"}));
        const std::string cut(200, 'x');
        CHECK(moods.at("rows").at(0) == json({"1", "calm", cut}));
        CHECK(moods.at("rows").at(1) == json({"2", nullptr, "<script>alert(1)</script>"}));
        CHECK(moods.at("rows").size() == 2);
        CHECK(where(report, "samples", "table", "far").empty());
        CHECK(only(report, "samples", "table", "near").at("rows").empty());
    }
}

TEST_CASE("reports are written, and what changed between two is told", "[explore]") {
    PgServer source(PgVersion::pg15);
    source.start();
    source.query("create table old (id int); create table grows (id int)");
    Daemon daemon(source);
    daemon.start();
    const auto before = daemon.scratch() / "before";
    const auto after = daemon.scratch() / "after";
    const auto first = daemon.ctl({"explore", "--live", "main", "--out", before});
    INFO(first.out << first.err);
    CHECK(first.status == 0);
    CHECK(contains(first.out, "written: " + (before / "report.html").string()));
    CHECK(contains(first.out, "DATABASE  SCHEMA  TABLE"));
    source.query(
        "drop table old; create table new (id int);"
        "insert into grows select g from generate_series(1, 10000) g");
    CHECK(daemon.ctl({"explore", "--live", "main", "--out", after}).status == 0);
    CHECK(daemon.ctl({"explore", "--live", "main", "--out", after}).status == 0);  // once more

    const auto none =
        daemon.ctl({"explore", "--diff", before / "report.json", before / "report.json"});
    CHECK(none.out == "nothing has changed\n");
    daemon.stop();
    const auto changes =
        daemon.ask({"explore", "--diff", before / "report.json", after / "report.json"})
            .at("changes");
    const json report = {{"changes", changes}};
    CHECK(only(report, "changes", "name", "postgres.public.old").at("change") == "vanished");
    CHECK(only(report, "changes", "name", "postgres.public.new").at("change") == "appeared");
    const json grown = only(report, "changes", "name", "postgres.public.grows");
    CHECK(grown.at("change") == "grew");
    CHECK(grown.at("before") == 0);
    CHECK(grown.at("after") > 10000 * 28);
    const auto text =
        daemon.ctl({"explore", "--diff", before / "report.json", after / "report.json"});
    CHECK(contains(text.out, "vanished  table"));
    CHECK(daemon.ctl({"explore", "--diff", before / "report.html", after / "report.json"}).status ==
          2);
}

TEST_CASE("what cannot be explored is said", "[explore]") {
    PgServer source(PgVersion::pg15);
    source.start();
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup({"--compress", "none"});
    CHECK(daemon.ctl({"explore", "--live", "elsewhere"}).status == 1);
    CHECK(daemon.ctl({"explore", id, "--live", "main"}).status == 2);
    CHECK(daemon.ctl({"explore", "--rows", "51"}).status == 2);
    CHECK(daemon.in_process({"explore", id}).status == 0);
    source.stop();
    const auto down = daemon.ctl({"explore", "--live", "main"});
    CHECK(down.status == 1);
    CHECK(contains(down.err, "[connection]"));

    const auto archive = daemon.backup_directory(id) / "base.tar";
    fs::resize_file(archive, fs::file_size(archive) / 2);
    const auto damaged = daemon.ctl({"explore", id});
    CHECK(damaged.status == 1);
    CHECK(contains(damaged.err, "cannot explore '" + id + "'"));
    CHECK(contains(damaged.err, "[damaged]"));
    CHECK(fs::is_empty(daemon.scratch() / "restored/tsbackup-drill"));
}

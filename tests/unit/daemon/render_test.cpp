#include "daemon/ctl/render.hpp"

#include "daemon/ctl/text_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

using namespace tsb;
using tsb::test::contains;

TEST_CASE("a table's columns are as wide as their widest cell") {
    CHECK(text_table({"A", "LONG"}, {{"wide cell", "x"}, {"y", "z\x1b"}}) ==
          "A          LONG\nwide cell  x\ny          z\\x1B\n");
}

TEST_CASE("the end of a restore tells its size last") {
    const Json result = {{"backup_id", "cluster_backup_20261123_014224"},
                         {"cluster", "main"},
                         {"target", "/srv/new"},
                         {"restored_files", 3917},
                         {"restored_bytes", 10952166605},
                         {"notes", {"start it"}}};
    CHECK(render_result("restore", result) ==
          "Backup cluster_backup_20261123_014224 of main restored into /srv/new: 3917 files\n"
          "note: start it\nRestored size: 10.2GB\n");
}

TEST_CASE("the end of a backup tells sizes, method, time and rate") {
    const Json result = {{"backup_id", "b"},
                         {"cluster", "main"},
                         {"backup",
                          {{"cluster_bytes", 300 << 20},
                           {"stored_bytes", 100 << 20},
                           {"compression", "gzip:6"},
                           {"total_ms", 10000}}}};
    CHECK(render_result("backup", result) ==
          "Backup b of main: 300MB stored as 100MB (gzip:6) in 0:10, 30 MB/s\n");
}

TEST_CASE("status begins with the age of each cluster's last good backup") {
    const Json result = {
        {"clusters",
         {{{"cluster", "main"}, {"good", 3}, {"last_good", {{"age_s", 18000}, {"backup_id", "b"}}}},
          {{"cluster", "spare"}, {"good", 0}}}},
        {"repository", {{"path", "/r"}, {"free_bytes", 5368709120}}},
        {"problems", {"cluster spare has no good backup"}}};
    CHECK(render_result("status", result) ==
          "main: last good backup 5 h ago (b), 3 in all\nspare: no good backup\n"
          "repository /r: 5.0GB free\nproblem: cluster spare has no good backup\n");
}

TEST_CASE("verify names each problem under its backup") {
    const Json result = {
        {"backups",
         {{{"backup_id", "a"},
           {"cluster", "main"},
           {"stored_bytes", 1024},
           {"members", 2},
           {"wal_segments", 1},
           {"problems", Json::array()}},
          {{"backup_id", "b"}, {"cluster", "main"}, {"problems", {"base.tar.gz: changed"}}}}}};
    CHECK(render_result("verify", result) ==
          "a of main: good, 1KB read, 2 files and 1 WAL segments proven\n"
          "b of main: damaged\n  base.tar.gz: changed\n");
}

TEST_CASE("a broken backup is listed as broken, escaped") {
    const Json result = {{"backups",
                          {{{"backup_id", "b"},
                            {"cluster", "main"},
                            {"state", "broken"},
                            {"problem", "bad\x1b[2J"}}}}};
    const std::string text = render_result("list", result);
    CHECK(text.find("broken: bad\\x1B[2J") != std::string::npos);
    CHECK(render_result("list", {{"backups", Json::array()}}) == "no backups\n");
}

TEST_CASE("a backup of the list tells its last drill") {
    Json backup = {{"backup_id", "b"}, {"cluster", "main"}, {"state", "good"}, {"age_s", 60}};
    const auto listed = [&] { return render_result("list", {{"backups", Json::array({backup})}}); };
    CHECK_FALSE(contains(listed(), "drill"));
    backup["drill"] = {{"at", "2026-11-23T09:00:00Z"},
                       {"passed", true},
                       {"problem", ""},
                       {"restored_ms", 39120},
                       {"recovered_ms", 2390}};
    CHECK(contains(listed(), "  good, drill passed in 0:42\n"));
    backup["drill"]["passed"] = false;
    backup["drill"]["problem"] = "table \x1b[2J is odd";
    CHECK(contains(listed(), "  good, drill failed: table \\x1B[2J is odd\n"));
}

TEST_CASE("a drill is told with its databases, and rows that are estimates as such") {
    Json result = {{"backup_id", "b"},
                   {"cluster", "main"},
                   {"restored_ms", 9120},
                   {"recovered_ms", 2310},
                   {"databases",
                    {{{"name", "shop"},
                      {"size_bytes", 3 << 20},
                      {"rows", 5000},
                      {"rows_exact", false},
                      {"timescaledb_version", "2.22.1"},
                      {"contents", {{"tables", 41}, {"hypertables", 3}, {"chunks", 212}}}}}},
                   {"problems", Json::array()},
                   {"notes", {"not checked\nwith pg_amcheck"}}};
    CHECK(render_result("drill", result) ==
          "Drill of b of main: passed, 0:11 until it accepted writes\n"
          "DATABASE  SIZE  TABLES  ROWS        TIMESCALEDB  HYPERTABLES  CHUNKS\n"
          "shop      3MB   41      about 5000  2.22.1       3            212\n"
          "note: not checked\\x0Awith pg_amcheck\n");
    result["databases"][0]["rows_exact"] = true;
    result["databases"][0]["timescaledb_version"] = "";
    result["problems"] = {"pg_amcheck: a table is odd"};
    result["notes"] = Json::array();
    const std::string failed = render_result("drill", result);
    CHECK(contains(failed, ": failed, "));
    CHECK(contains(failed, "41      5000  -  "));
    CHECK(failed.ends_with("problem: pg_amcheck: a table is odd\n"));
    result["databases"] = Json::array();
    CHECK_FALSE(contains(render_result("drill", result), "DATABASE"));
}

TEST_CASE("show tells what a database held at the backup") {
    Json database = {{"name", "shop"}, {"size_bytes", 3 << 20}};
    const auto shown = [&] {
        const Json backup = {{"backup_id", "b"}, {"databases", Json::array({database})}};
        return render_result("show", {{"backup", backup}});
    };
    CHECK(contains(shown(), "shop (3MB)\n"));
    database["contents"] = {{"tables", 41}, {"hypertables", 0}, {"chunks", 0}};
    CHECK(contains(shown(), "shop (3MB), 41 tables\n"));
    database["contents"] = {{"tables", 41}, {"hypertables", 3}, {"chunks", 212}};
    CHECK(contains(shown(), "shop (3MB), 41 tables, 3 hypertables with 212 chunks\n"));
}

TEST_CASE("show tells when the last drill was and how it ended") {
    Json backup = {{"backup_id", "b"}, {"cluster", "main"}};
    const auto shown = [&] { return render_result("show", {{"backup", backup}}); };
    CHECK_FALSE(contains(shown(), "last drill"));
    backup["drill"] = {{"at", "2026-11-23T09:00:00Z"},
                       {"passed", true},
                       {"problem", ""},
                       {"restored_ms", 39120},
                       {"recovered_ms", 2390}};
    CHECK(contains(shown(), "2026-11-23T09:00:00Z, passed in 0:42\n"));
}

TEST_CASE("a detached job is answered with how to follow it") {
    CHECK(render_result("backup", {{"job", "b-1"}, {"detached", true}}) ==
          "started job b-1\nfollow it with: tsbackupctl watch b-1\n");
}

TEST_CASE("a result of another shape is a protocol error, not a crash") {
    for (const char* verb : {"backup", "show", "status"}) {
        try {
            render_result(verb, {{"surprise", 1}});
            FAIL("rendered");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::protocol);
        }
    }
}

TEST_CASE("an error is a line with its code, and a line with its hint") {
    const Error missing(ErrorCode::wal_missing, "cannot back up 'main': gone", "raise it");
    CHECK(render_error("prog", missing) ==
          "prog: cannot back up 'main': gone [wal_missing]\nhint: raise it\n");
    CHECK(render_error("prog", Error(ErrorCode::io, "no")) == "prog: no [io]\n");
}

TEST_CASE("each finding in a configuration is a line of its own") {
    const Error findings(ErrorCode::config,
                         "a.yaml:1:1: key 'x': unknown\na.yaml:2:1: key 'y\x1b'");
    CHECK(render_error("prog", findings) ==
          "prog: a.yaml:1:1: key 'x': unknown [config]\nprog: a.yaml:2:1: key 'y\\x1B' [config]\n");
}

TEST_CASE("what a server says cannot make a line of its own") {
    const Error forged(ErrorCode::server_error, "cannot back up: no\nprog: all is well");
    CHECK(render_error("prog", forged) ==
          "prog: cannot back up: no\\x0Aprog: all is well [server_error]\n");
}

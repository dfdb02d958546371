// What a drill makes of what a restored cluster answers: what proves a backup bad, and what does
// not.
#include "core/ops/drill_checks.hpp"

#include "core/base/error.hpp"
#include "core/ops/drill_compare.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_session.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

using Lines = std::vector<std::string>;
using Row = ScriptedSession::Row;

constexpr std::uint32_t next_xid = 1000;  // of the restored cluster

/// A restored cluster whose answers are scripted, and what is recorded of it.
class Restored {
public:
    Restored() {
        metadata.system_identifier = 7;
        auto session = std::make_unique<ScriptedSession>();
        base_ = session.get();
        server.expect(std::move(session));
        base_->answer({}).answer({{"7", "false", std::to_string(next_xid)}});
    }

    /// These databases are there.
    Restored& lists(const Lines& names, const std::string& half_dropped = "") {
        std::vector<Row> rows;
        for (const std::string& name : names) {
            rows.push_back({name, name == half_dropped ? "true" : "false"});
        }
        base_->answer(std::move(rows));
        return *this;
    }
    /// What became of a transaction; nothing: too long ago to be known.
    Restored& tells(const std::optional<std::string>& status) {
        base_->then([this] { ++asked; }).answer({{status}});
        return *this;
    }
    /// The session to database "shop", up to what it holds: 41 tables and `extensions`.
    ScriptedSession& opens(const std::vector<Row>& extensions = {{"plpgsql", "1.0", "1"}}) {
        auto session = std::make_unique<ScriptedSession>();
        ScriptedSession& scripted = *session;
        scripted.answer({}).answer({{"4096"}}).answer({{"41", "500"}}).answer(extensions);
        server.expect(std::move(session));
        return scripted;
    }

    DrillFindings look(RowCounts rows = RowCounts::estimated) {
        DrillFindings findings;
        const SessionFactory connect = server.factory();
        const ConnectOptions base;
        ProgressMeter meter;
        const JobContext job("test", {}, meter);
        const auto run = [&]() -> asio::awaitable<void> {
            findings = co_await look_at_cluster(connect, base, metadata, rows, job);
        };
        run_coroutine(run());
        return findings;
    }

    ScriptedServer server;
    Metadata metadata;
    unsigned asked = 0;  // what became of a transaction

private:
    ScriptedSession* base_;
};

DatabaseInfo shop(std::uint32_t xid = 900) {
    DatabaseInfo database;
    database.name = "shop";
    database.xid = xid;
    DatabaseContents& contents = database.contents.emplace();
    contents.tables = 41;
    contents.extensions = {{"plpgsql", "1.0", 1}};
    return database;
}

}  // namespace

TEST_CASE("a cluster that holds what was recorded has neither problems nor notes") {
    Restored restored;
    restored.metadata.databases = {shop()};
    restored.lists({"shop", "template1"}).opens();
    const DrillFindings findings = restored.look();
    CHECK(findings.problems.empty());
    CHECK(findings.notes.empty());
    REQUIRE(findings.databases.size() == 1);
    CHECK(findings.databases[0].size_bytes == 4096);
    CHECK(findings.databases[0].contents.tables == 41);
    CHECK(findings.databases[0].contents.estimated_rows == 500);
    CHECK_FALSE(findings.databases[0].exact_rows);
    CHECK(findings.databases[0].recorded->tables == 41);
}

TEST_CASE("a cluster with another identifier or still in recovery is not what was backed up") {
    Restored restored;
    restored.metadata.system_identifier = 8;
    restored.lists({});
    CHECK(restored.look().problems ==
          Lines{"the restored cluster has system identifier 7, the backup 8"});
}

TEST_CASE("a missing database is a problem only when it was made before the backup's end") {
    struct Case {
        std::uint32_t xid;
        std::optional<std::string> status;
        bool asks;
        bool problem;
    };
    for (const Case& each :
         {Case{900, "committed", true, true}, Case{900, std::nullopt, true, true},
          Case{900, "aborted", true, false}, Case{900, "in progress", true, false},
          Case{1, "committed", true, true}, Case{next_xid, "", false, false},
          Case{next_xid + 50, "", false, false}, Case{0, "", false, false}}) {
        CAPTURE(each.xid, each.problem);
        Restored restored;
        restored.metadata.databases = {shop(each.xid)};
        restored.lists({"template1"});
        if (each.asks) restored.tells(each.status);
        const DrillFindings findings = restored.look();
        const Lines told = {"database 'shop' was there after the backup and is not in it"};
        CHECK(findings.problems == (each.problem ? told : Lines{}));
        CHECK(findings.notes == (each.problem ? Lines{} : told));
        CHECK(findings.databases.empty());
        CHECK(restored.asked == (each.asks ? 1U : 0U));
    }
}

TEST_CASE("a database that was being dropped at the backup's end is no problem") {
    Restored restored;
    restored.metadata.databases = {shop()};
    restored.lists({"shop", "template1"}, "shop");
    const DrillFindings findings = restored.look();
    CHECK(findings.problems.empty());
    CHECK(findings.notes == Lines{"database 'shop' was being dropped when the backup ended"});
    CHECK(findings.databases.empty());
}

TEST_CASE("an extension of another version is a problem only when it had that before the end") {
    for (const bool before : {true, false}) {
        CAPTURE(before);
        Restored restored;
        restored.metadata.databases = {shop()};
        auto& recorded = restored.metadata.databases[0].contents->extensions;
        recorded.push_back({"timescaledb", "2.22.1", before ? 950U : 1001U});
        restored.lists({"shop"});
        if (before) restored.tells("committed");
        restored.opens({{"plpgsql", "1.0", "1"}, {"timescaledb", "2.21.0", "700"}})
            .answer({{"0", "0", "0", "0", "0"}});
        const DrillFindings findings = restored.look();
        const Lines told = {
            "database 'shop' has extension 'timescaledb' 2.21.0, recorded was "
            "extension 'timescaledb' 2.22.1"};
        CHECK(findings.problems == (before ? told : Lines{}));
        CHECK(findings.notes == (before ? Lines{} : told));
        CHECK(findings.databases.size() == 1);
    }
}

TEST_CASE("an extension that is missing or was dropped later is told") {
    Restored restored;
    restored.metadata.databases = {shop()};
    restored.metadata.databases[0].contents->extensions.push_back({"timescaledb", "2.22.1", 950});
    restored.lists({"shop"}).tells("committed");
    restored.opens({{"hstore", "1.8", "800"}, {"plpgsql", "1.0", "1"}});
    const DrillFindings findings = restored.look();
    CHECK(findings.problems == Lines{"database 'shop' has no extension 'timescaledb', recorded was "
                                     "extension 'timescaledb' 2.22.1"});
    CHECK(findings.notes == Lines{"database 'shop' has extension 'hstore' 1.8, recorded was no "
                                  "extension 'hstore'"});
}

TEST_CASE("numbers that differ are one note with both of each") {
    Restored restored;
    restored.metadata.databases = {shop()};
    DatabaseContents& recorded = *restored.metadata.databases[0].contents;
    recorded.tables = 42;
    recorded.chunks = 3;
    recorded.estimated_rows = 7;
    restored.lists({"shop"}).opens();
    const DrillFindings findings = restored.look();
    CHECK(findings.problems.empty());
    CHECK(findings.notes == Lines{"database 'shop' has 41 tables (recorded: 42), 0 chunks "
                                  "(recorded: 3)"});
}

TEST_CASE("of a backup of an earlier version nothing is held against it") {
    Restored restored;
    restored.metadata.databases = {shop(0)};
    restored.metadata.databases[0].contents.reset();
    restored.metadata.databases[0].timescaledb_version = "2.22.1";
    restored.lists({"shop"}).opens();
    const DrillFindings findings = restored.look();
    CHECK(findings.problems.empty());
    CHECK(findings.notes.size() == 1);
    REQUIRE(findings.databases.size() == 1);
    CHECK_FALSE(findings.databases[0].recorded);
}

TEST_CASE("a database that cannot be read is a problem, unless it could not be asked before") {
    for (const std::string problem : {"", "permission denied"}) {
        CAPTURE(problem);
        Restored restored;
        restored.metadata.databases = {shop()};
        restored.metadata.databases[0].problem = problem;
        restored.lists({"shop"});
        restored.server.refuse(Error(ErrorCode::server_error, "cannot connect: file is missing"));
        const DrillFindings findings = restored.look();
        const Lines told = {"database 'shop' cannot be read: cannot connect: file is missing"};
        CHECK(findings.problems == (problem.empty() ? told : Lines{}));
        CHECK(findings.notes == (problem.empty() ? Lines{} : told));
    }
}

TEST_CASE("where the server could not be asked at the backup, that is told") {
    Restored restored;
    restored.metadata.databases.resize(1);
    restored.metadata.databases[0].problem = "no answer";
    restored.lists({"shop"});
    const DrillFindings findings = restored.look();
    CHECK(findings.problems.empty());
    REQUIRE(findings.notes.size() == 1);
    CHECK(findings.notes[0].ends_with("no answer"));
}

TEST_CASE("a stop ends the look at a cluster, wherever it is met") {
    Restored restored;
    restored.metadata.databases = {shop()};
    restored.lists({"shop"});
    restored.server.refuse(Error(ErrorCode::cancelled, "stopped on request"));
    CHECK(error_of([&] { restored.look(); }).code() == ErrorCode::cancelled);
}

TEST_CASE("exact rows are those of each table alone, and of hypertables with their chunks") {
    Restored restored;
    restored.metadata.databases = {shop()};
    restored.lists({"shop"});
    ScriptedSession& session = restored.opens();
    Lines counts;
    session.answer({{"public.a", "false"}, {"\"B b\".h", "true"}, {"public.z", "false"}});
    for (const char* rows : {"5", "70", "0"}) {
        session.then([&] { counts.push_back(session.commands.back()); }).answer({{rows}});
    }
    const DrillFindings findings = restored.look(RowCounts::exact);
    CHECK(findings.notes.empty());
    REQUIRE(findings.databases.size() == 1);
    CHECK(findings.databases[0].exact_rows == 75U);
    CHECK(counts == Lines{"SELECT count(*) FROM ONLY public.a", "SELECT count(*) FROM \"B b\".h",
                          "SELECT count(*) FROM ONLY public.z"});
}

TEST_CASE("a table that is not counted is a problem when its pages are damaged, else a note") {
    for (const ErrorCode code : {ErrorCode::page_checksum, ErrorCode::server_error}) {
        Restored restored;
        restored.metadata.databases = {shop()};
        restored.lists({"shop"});
        restored.opens()
            .answer({{"public.a", "false"}, {"public.b", "false"}})
            .fail(Error(code, "invalid page in block 3"))
            .answer({{"70"}});
        const DrillFindings findings = restored.look(RowCounts::exact);
        const bool damaged = code == ErrorCode::page_checksum;
        const Lines told = {
            "cannot count the rows of 'public.a' in database 'shop': invalid page in block 3"};
        CHECK(findings.problems == (damaged ? told : Lines{}));
        CHECK(findings.notes == (damaged ? Lines{} : told));
        REQUIRE(findings.databases.size() == 1);
        CHECK_FALSE(findings.databases[0].exact_rows);
    }
}

TEST_CASE("a transaction's number is completed with the epoch it must have had") {
    constexpr std::uint64_t epoch = std::uint64_t{1} << 32;
    CHECK(full_xid(1000, 999) == 999U);
    CHECK(full_xid(1000, 3) == 3U);
    CHECK_FALSE(full_xid(1000, 1000));
    CHECK_FALSE(full_xid(1000, 1001));
    CHECK(full_xid(5 * epoch + 1000, 999) == 5 * epoch + 999);
    CHECK(full_xid(5 * epoch + 1000, 4294967295) == 5 * epoch - 1);
    CHECK_FALSE(full_xid(1000, 4294967295));  // there was no epoch before
    CHECK_FALSE(full_xid(5 * epoch + 1000, 2000));
    CHECK(full_xid(1000, 1) == 1U);  // of the bootstrap
    CHECK(full_xid(5 * epoch + 1000, 2) == 2U);
}

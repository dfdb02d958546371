// The lines of `check`: what a backup needs, each with its result.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

using Result = CheckLine::Result;

std::vector<CheckLine> run_check(Repository& repository, SyntheticServer& server) {
    server.begin_anew();
    const BackupOptions options = backup_options();
    const SessionFactory connect = server.factory();
    ProgressMeter progress;
    JobContext job("test", {}, progress);
    asio::io_context loop{1};
    std::vector<CheckLine> lines;
    std::exception_ptr failure;
    asio::co_spawn(loop, check_cluster(options, repository, connect, job),
                   [&](const std::exception_ptr& cause, std::vector<CheckLine> result) {
                       failure = cause;
                       lines = std::move(result);
                   });
    loop.run();
    CHECK(failure == nullptr);
    CHECK(server.open_sessions() == 0);
    return lines;
}

const CheckLine* find(const std::vector<CheckLine>& lines, const std::string& what) {
    for (const CheckLine& line : lines) {
        if (line.what == what) {
            return &line;
        }
    }
    return nullptr;
}

unsigned failures(const std::vector<CheckLine>& lines) {
    unsigned count = 0;
    for (const CheckLine& line : lines) {
        count += line.result == Result::fail ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("a check of a cluster that can be backed up has no failure") {
    Ground ground;
    SyntheticServer server(make_cluster());
    Repository repository = ground.open_repository();
    const std::vector<CheckLine> lines = run_check(repository, server);
    CHECK(failures(lines) == 0);
    for (const char* what : {"connection", "server", "system identifier", "space"}) {
        INFO(what);
        REQUIRE(find(lines, what) != nullptr);
        CHECK(find(lines, what)->result == Result::pass);
    }
    // This server speaks no SQL: a warning, as a backup works without it.
    for (const char* what : {"databases", "replication slots"}) {
        INFO(what);
        REQUIRE(find(lines, what) != nullptr);
        CHECK(find(lines, what)->result == Result::warn);
    }
}

TEST_CASE("a server that cannot be reached is one failing line") {
    Ground ground;
    SyntheticServer server(make_cluster());
    server.settings().failing_event = 1;
    server.settings().failure = Error(ErrorCode::connection, "no route", "plug it in");
    Repository repository = ground.open_repository();
    const std::vector<CheckLine> lines = run_check(repository, server);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].what == "connection");
    CHECK(lines[0].result == Result::fail);
    CHECK(lines[0].detail == "no route");
    CHECK(lines[0].hint == "plug it in");
}

TEST_CASE("a setting that forbids backups is a failing line with its hint") {
    Ground ground;
    SyntheticServer server(make_cluster());
    server.settings().wal_level = "minimal";
    Repository repository = ground.open_repository();
    const std::vector<CheckLine> lines = run_check(repository, server);
    REQUIRE(find(lines, "server") != nullptr);
    CHECK(find(lines, "server")->result == Result::fail);
    CHECK(contains(find(lines, "server")->hint, "wal_level"));
}

TEST_CASE("a check notices that the repository holds backups of another cluster") {
    Ground ground;
    SyntheticServer server(make_cluster());
    Repository repository = ground.open_repository();
    REQUIRE(back_up(repository, server, backup_options()).ok());
    SyntheticOptions other;
    other.system_identifier = 42;
    server.settings().cluster = make_cluster(other);
    const std::vector<CheckLine> lines = run_check(repository, server);
    REQUIRE(find(lines, "system identifier") != nullptr);
    CHECK(find(lines, "system identifier")->result == Result::fail);
}

// The rig itself: when these fail, no other integration test means anything.
#include "tests/support/catch.hpp"
#include "tests/support/server.hpp"

using namespace tsb::test;

TEST_CASE("a server of each version starts, answers, crashes and starts again", "[rig]") {
    for (const auto version : server_versions()) {
        PgServer server(version);
        server.start();
        CHECK(contains(server.query("show server_version"),
                       std::to_string(static_cast<int>(version)) + "."));
        server.query("create table kept as select 42 as answer; checkpoint");
        server.crash();
        CHECK(server.try_start());
        CHECK(server.query("select answer from kept") == "42");
        CHECK(server.amcheck().empty());
        server.stop();
    }
}

TEST_CASE("a standby follows its primary and can be promoted", "[rig]") {
    auto& primary = shared_server(PgVersion::pg15);
    const auto standby = PgServer::standby_of(primary);
    standby->start();
    CHECK(standby->query("select pg_is_in_recovery()") == "t");
    standby->promote();
    standby->wait_for_writes();
    CHECK(contains(standby->log(), "selected new timeline ID: 2"));
}

TEST_CASE("a copy without its backup_label is seen to be no running server", "[rig]") {
    auto& primary = shared_server(PgVersion::pg15);
    const auto standby = PgServer::standby_of(primary);
    std::filesystem::remove(standby->data() / "global/pg_control");
    CHECK_FALSE(standby->try_start());
}

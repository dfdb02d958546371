#include "core/pg/server_facts.hpp"

#include <functional>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_session.hpp"

using namespace tsb;
using test::ScriptedServer;
using test::ScriptedSession;
namespace asio = boost::asio;

namespace {

const Error no_answer(ErrorCode::connection, "cannot connect to 'a': no answer");

ClusterFacts facts_of(ScriptedServer& server, ConnectOptions options = {}) {
    ClusterFacts facts;
    const auto connect = server.factory();
    const auto ask = [&]() -> asio::awaitable<void> {
        facts = co_await read_cluster_facts(connect, options, std::stop_token());
    };
    test::run_coroutine(ask());
    return facts;
}

/// The session that is asked for the server's facts and its databases.
std::unique_ptr<ScriptedSession> main_session(std::vector<ScriptedSession::Row> databases,
                                              int version = 150018) {
    auto session = std::make_unique<ScriptedSession>(version);
    session->answer({});
    session->answer({{"true", "2026-11-23T01:02:03Z"}});
    session->answer(std::move(databases));
    return session;
}

/// Of a database with or, where `extension` is empty, without TimescaleDB.
std::unique_ptr<ScriptedSession> database_session(
    const std::vector<ScriptedSession::Row>& extension) {
    auto session = std::make_unique<ScriptedSession>();
    session->answer({}).answer(extension).answer({{"41", "1000"}});
    std::vector<ScriptedSession::Row> extensions = {{"plpgsql", "1.0", "1"}};
    if (!extension.empty()) extensions.push_back({"timescaledb", extension[0][0], "731"});
    session->answer(std::move(extensions));
    if (!extension.empty()) session->answer({{"3", "212", "1", "4", "2"}});
    return session;
}

const ScriptedSession::Row shop{"shop", "1024", "de_DE.UTF-8", "c", "2.36", "740"};

ServerSettings good_settings() {
    ServerSettings settings;
    settings.wal_level = "replica";
    settings.max_wal_senders = 2;
    return settings;
}

ErrorCode code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("IDENTIFY_SYSTEM gives identifier, timeline and position") {
    ScriptedSession session;
    session.answer({{"7711182081623592221", "3", "16/B374D848", std::nullopt}});
    const auto ask = [&]() -> asio::awaitable<void> {
        const auto identity = co_await identify(session);
        CHECK(identity.system_identifier == 7711182081623592221U);
        CHECK(identity.timeline == 3);
        CHECK(to_string(identity.position) == "16/B374D848");
    };
    test::run_coroutine(ask());
    CHECK(session.commands == std::vector<std::string>{"IDENTIFY_SYSTEM"});
}

TEST_CASE("a malformed IDENTIFY_SYSTEM answer is a protocol error") {
    const std::vector<std::vector<ScriptedSession::Row>> answers{
        {},
        {{"1", "1"}},
        {{"x", "1", "0/1"}},
        {{"1", "-1", "0/1"}},
        {{"1", "1", "nowhere"}},
        {{std::nullopt, "1", "0/1"}},
    };
    for (const auto& answer : answers) {
        ScriptedSession session;
        session.answer(answer);
        const auto ask = [&]() -> asio::awaitable<void> {
            static_cast<void>(co_await identify(session));
        };
        CHECK(code_of([&] { test::run_coroutine(ask()); }) == ErrorCode::protocol);
    }
}

TEST_CASE("settings are read with SHOW") {
    ScriptedSession session;
    for (const char* value : {"15.20 (Debian)", "64MB", "logical", "10", "on"}) {
        session.answer({{value}});
    }
    const auto ask = [&]() -> asio::awaitable<void> {
        const auto settings = co_await read_settings(session);
        CHECK(settings.version_text == "15.20 (Debian)");
        CHECK(settings.wal_segment_size == 64u << 20);
        CHECK(settings.wal_level == "logical");
        CHECK(settings.max_wal_senders == 10);
        CHECK(settings.data_checksums);
    };
    test::run_coroutine(ask());
    CHECK(session.commands.front() == "SHOW server_version");
    CHECK(session.script_is_over());
}

TEST_CASE("a WAL segment size PostgreSQL cannot have is a protocol error") {
    for (const char* size : {"17MB", "2GB", "0", "many", ""}) {
        ScriptedSession session;
        session.answer({{"15.20"}}).answer({{size}});
        const auto ask = [&]() -> asio::awaitable<void> {
            static_cast<void>(co_await read_settings(session));
        };
        CHECK(code_of([&] { test::run_coroutine(ask()); }) == ErrorCode::protocol);
    }
}

TEST_CASE("wal_level minimal and a single walsender are refused with the setting to change") {
    CHECK_NOTHROW(require_backup_settings(good_settings()));
    auto settings = good_settings();
    settings.wal_level = "minimal";
    CHECK(code_of([&] { require_backup_settings(settings); }) == ErrorCode::server_settings);
    settings = good_settings();
    settings.max_wal_senders = 1;
    CHECK(code_of([&] { require_backup_settings(settings); }) == ErrorCode::server_settings);
}

TEST_CASE("connections to different clusters or timelines are refused") {
    ServerIdentity a;
    a.system_identifier = 1;
    a.timeline = 1;
    auto b = a;
    b.position = Lsn{5};
    CHECK_NOTHROW(require_same_cluster(a, b));
    b.timeline = 2;
    CHECK(code_of([&] { require_same_cluster(a, b); }) == ErrorCode::wrong_cluster);
    b = a;
    b.system_identifier = 2;
    CHECK(code_of([&] { require_same_cluster(a, b); }) == ErrorCode::wrong_cluster);
}

TEST_CASE("databases are listed with size, collation and TimescaleDB") {
    ScriptedServer server;
    server.expect(
        main_session({shop, {"a \"b\"", std::nullopt, "und", "i", std::nullopt, "4294967295"}}));
    server.expect(database_session({{"2.29.2", "timescale"}}));
    server.expect(database_session({}));
    const auto facts = facts_of(server);
    CHECK(facts.in_recovery);
    CHECK(facts.server_time == "2026-11-23T01:02:03Z");
    REQUIRE(facts.databases.size() == 2);
    CHECK(facts.databases[0].name == "shop");
    CHECK(facts.databases[0].size_bytes == 1024);
    CHECK(facts.databases[0].collation == "de_DE.UTF-8 (libc 2.36)");
    CHECK(facts.databases[0].timescaledb_version == "2.29.2");
    CHECK(facts.databases[0].timescaledb_license == "timescale");
    CHECK(facts.databases[0].problem.empty());
    CHECK(facts.databases[1].size_bytes == 0);
    CHECK(facts.databases[1].collation == "und (icu)");
    CHECK(facts.databases[1].timescaledb_version.empty());
    CHECK(facts.databases[0].xid == 740);
    CHECK(facts.databases[1].xid == 4294967295);
    REQUIRE(server.asked.size() == 3);
    for (const auto& asked : server.asked) {
        CHECK_FALSE(asked.replication);
    }
    CHECK(server.asked[2].database == "a \"b\"");
}

TEST_CASE("what a database holds is counted, with TimescaleDB's own where it is installed") {
    ScriptedServer server;
    server.expect(main_session({shop, shop}));
    server.expect(database_session({{"2.29.2", "timescale"}}));
    server.expect(database_session({}));
    const auto facts = facts_of(server);
    REQUIRE(facts.databases.size() == 2);
    REQUIRE((facts.databases[0].contents && facts.databases[1].contents));
    const DatabaseContents& with = *facts.databases[0].contents;
    CHECK(with.tables == 41);
    CHECK(with.estimated_rows == 1000);
    CHECK(with.hypertables == 3);
    CHECK(with.chunks == 212);
    CHECK(with.continuous_aggregates == 1);
    CHECK(with.jobs == 4);
    CHECK(with.policies == 2);
    REQUIRE(with.extensions.size() == 2);
    CHECK(with.extensions[1].name == "timescaledb");
    CHECK(with.extensions[1].version == "2.29.2");
    CHECK(with.extensions[1].xid == 731);
    const DatabaseContents& without = *facts.databases[1].contents;
    CHECK(without.tables == 41);
    CHECK(without.chunks == 0);
    CHECK(without.extensions.size() == 1);
}

TEST_CASE("a database whose contents cannot be counted keeps what is known of it") {
    ScriptedServer server;
    server.expect(main_session({shop}));
    auto database = database_session({{"2.29.2", "timescale"}});
    database->failing_call = 5;
    server.expect(std::move(database));
    const auto facts = facts_of(server);
    REQUIRE(facts.databases.size() == 1);
    CHECK_FALSE(facts.databases[0].contents);
    CHECK_FALSE(facts.databases[0].problem.empty());
    CHECK(facts.databases[0].timescaledb_version == "2.29.2");
}

TEST_CASE("a database that cannot be asked is listed with its problem") {
    ScriptedServer server;
    server.expect(main_session({shop, {"other", "1", "C", "c", std::nullopt, "5"}}));
    server.refuse(no_answer);
    server.expect(database_session({{"2.1", std::nullopt}}));
    const auto facts = facts_of(server);
    REQUIRE(facts.databases.size() == 2);
    CHECK(facts.databases[0].problem == "cannot connect to 'a': no answer");
    CHECK(facts.databases[0].size_bytes == 1024);
    CHECK(facts.databases[1].problem.empty());
    CHECK(facts.databases[1].timescaledb_version == "2.1");
}

TEST_CASE("a server without SQL access gives one nameless entry with the problem") {
    ScriptedServer server;
    server.refuse(no_answer);
    const auto facts = facts_of(server);
    REQUIRE(facts.databases.size() == 1);
    CHECK(facts.databases[0].name.empty());
    CHECK(facts.databases[0].problem == "cannot connect to 'a': no answer");
}

TEST_CASE("whichever call fails, facts never fail a backup") {
    for (int failing = 1; failing <= 7; ++failing) {
        ScriptedServer server;
        auto main = main_session({shop});
        auto database = database_session({});
        (failing <= 3 ? main : database)->failing_call = failing <= 3 ? failing : failing - 3;
        server.expect(std::move(main));
        server.expect(std::move(database));
        const auto facts = facts_of(server);
        INFO("failing call " << failing);
        REQUIRE(facts.databases.size() == 1);
        CHECK_FALSE(facts.databases[0].problem.empty());
        CHECK_FALSE(facts.databases[0].contents);
        CHECK(facts.databases[0].name.empty() == (failing <= 3));
    }
}

TEST_CASE("a stop while asking ends the job instead of being noted as a problem") {
    ScriptedServer server;
    server.refuse(Error(ErrorCode::cancelled, "stopped on request"));
    CHECK(code_of([&] { facts_of(server); }) == ErrorCode::cancelled);
}

TEST_CASE("the question for databases fits each version's catalogue") {
    const auto query_of = [](int version) {
        ScriptedServer server;
        auto session = std::make_unique<ScriptedSession>(version);
        auto& scripted = *session;
        std::string query;
        scripted.answer({}).answer({{"false", "2026-11-23T01:02:03Z"}});
        scripted.then([&] { query = scripted.commands.back(); }).answer({});
        server.expect(std::move(session));
        facts_of(server);
        return query;
    };
    const auto has = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    CHECK_FALSE(has(query_of(140000), "datlocprovider"));
    CHECK_FALSE(has(query_of(140000), "datcollversion"));
    CHECK(has(query_of(150000), "daticulocale"));
    CHECK(has(query_of(170000), "datlocale"));
    CHECK_FALSE(has(query_of(170000), "daticulocale"));
}

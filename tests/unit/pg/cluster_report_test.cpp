#include "core/pg/cluster_report.hpp"

#include "core/pg/report_queries.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_session.hpp"

using namespace tsb;
using test::ScriptedServer;
using test::ScriptedSession;

namespace {

using Row = ScriptedSession::Row;

/// Connected, and past what every session begins with.
std::unique_ptr<ScriptedSession> session() {
    auto made = std::make_unique<ScriptedSession>(170006);
    made->answer({}).answer({});
    return made;
}

/// The session that asks about the cluster, with one database "shop".
std::unique_ptr<ScriptedSession> cluster_session(std::vector<Row> settings = {}) {
    auto made = session();
    made->answer({{"17.6", "false", "2026-11-23T02:00:00Z"}});
    made->answer({{"shop", "1000", "app", "UTF8", "C (libc)", "f", "t"},
                  {"closed", std::nullopt, "app", "UTF8", "C (libc)", "f", "f"},
                  {"template1", "10", "app", "UTF8", "C (libc)", "t", "t"}});
    made->answer({});                   // roles
    made->answer({});                   // of roles and databases
    made->answer(std::move(settings));  // of the server
    return made;
}

/// The session in "shop" up to its tables: no TimescaleDB, no schemas, no extensions.
std::unique_ptr<ScriptedSession> database_session() {
    auto made = session();
    made->answer({}).answer({}).answer({});
    return made;
}

struct Reading {
    ClusterReport report;
    std::optional<ErrorCode> failure;
};

Reading read(ScriptedServer& server, const ReportOptions& options = {}) {
    ProgressMeter meter;
    std::stop_source stop;
    JobContext job("e-1", stop.get_token(), meter);
    Reading reading;
    const auto work = [&]() -> boost::asio::awaitable<void> {
        const SessionFactory connect = server.factory();
        const ConnectOptions base;
        reading.report = co_await read_cluster_report(connect, base, options, job);
    };
    try {
        test::run_coroutine(work());
    } catch (const Error& error) {
        reading.failure = error.code();
    }
    return reading;
}

Row table_row(const std::string& name) {
    return {"public", name, "table", "app", "300", "200", "100", std::nullopt};
}

}  // namespace

TEST_CASE("a report holds what the server told, and looks only where it may") {
    ScriptedServer server;
    server.expect(cluster_session());
    auto shop = database_session();
    shop->answer({table_row("orders")}).answer({});
    server.expect(std::move(shop));
    Reading reading = read(server);
    ClusterReport& report = reading.report;
    CHECK(report.notes.empty());
    CHECK(report.server_version == "17.6");
    CHECK(report.list("databases").rows.size() == 3);
    const ReportRow expected = {std::string("shop"),  std::string("public"), std::string("orders"),
                                std::string("table"), std::string("app"),    std::uint64_t{300},
                                std::uint64_t{200},   std::uint64_t{100},    std::monostate()};
    REQUIRE(report.list("tables").rows.size() == 1);
    CHECK((report.list("tables").rows.front() == expected));
    CHECK(report.list("hypertables").rows.empty());
    CHECK(server.asked.size() == 2);
    CHECK(server.asked.back().database == "shop");
}

TEST_CASE("what cannot be read is a note, and the rest is read all the same") {
    ScriptedServer server;
    server.expect(cluster_session());
    auto shop = database_session();
    shop->fail(Error(ErrorCode::server_error, "lock timeout"));  // tables
    shop->answer({{"public", "i", "orders", "8192", "t", "x", "CREATE INDEX"}});
    server.expect(std::move(shop));
    Reading reading = read(server);
    CHECK(reading.report.notes ==
          std::vector<std::string>{"database 'shop': cannot read tables: lock timeout"});
    CHECK(reading.report.list("indexes").rows.size() == 1);

    server.expect(cluster_session());
    server.refuse(Error(ErrorCode::server_error, "no right"));
    CHECK(read(server).report.notes ==
          std::vector<std::string>{"database 'shop': cannot be read: no right"});

    server.expect(cluster_session());
    auto lost = database_session();
    lost->fail(Error(ErrorCode::connection, "gone"));
    server.expect(std::move(lost));
    CHECK(read(server).report.notes ==
          std::vector<std::string>{"database 'shop': cannot read tables: gone"});
}

TEST_CASE("without a server there is no report, and a stop is no note") {
    ScriptedServer server;
    server.refuse(Error(ErrorCode::connection, "nobody there"));
    CHECK(read(server).failure == ErrorCode::connection);
    server.expect(cluster_session());
    auto shop = database_session();
    shop->fail(Error(ErrorCode::cancelled, "stopped"));
    server.expect(std::move(shop));
    CHECK(read(server).failure == ErrorCode::cancelled);
}

TEST_CASE("a server that sends too much, or nonsense, is cut short") {
    ScriptedServer server;
    server.expect(cluster_session());
    auto shop = database_session();
    shop->answer(std::vector<Row>(3, table_row(std::string(100000, 'x'))));
    shop->answer({{"too", "few"}});  // indexes
    server.expect(std::move(shop));
    Reading reading = read(server);
    const ReportList& tables = reading.report.list("tables");
    REQUIRE(tables.rows.size() == 3);
    CHECK(std::get<std::string>(tables.rows[0][2]).size() == longest_report_text);
    REQUIRE(reading.report.notes.size() == 1);
    CHECK(reading.report.notes[0].starts_with("database 'shop': cannot read indexes"));

    server.expect(cluster_session());
    auto many = database_session();
    many->answer(std::vector<Row>(most_report_rows + 7, table_row("t"))).answer({});
    server.expect(std::move(many));
    reading = read(server);
    CHECK(reading.report.list("tables").rows.size() == most_report_rows);
    CHECK(reading.report.notes ==
          std::vector<std::string>{
              "database 'shop': more tables than the 20000 that a report shows"});

    server.expect(cluster_session());
    auto negative = database_session();
    negative->answer({{"public", "t", "table", "app", "-3", "0", "0", "0"}}).answer({});
    server.expect(std::move(negative));
    CHECK(read(server).report.notes.size() == 1);
}

TEST_CASE("NULL where a value belongs is no database to look at") {
    ScriptedServer server;
    auto cluster = session();
    cluster->answer({{"17.6", "false", "2026-11-23T02:00:00Z"}});
    const Row nothing(7);
    Row nameless = {std::nullopt, "1", "app", "UTF8", "C", "f", "t"};
    cluster->answer({nothing, nameless}).answer({}).answer({});
    cluster->answer({{std::nullopt, std::nullopt, std::nullopt}});
    server.expect(std::move(cluster));
    Reading reading = read(server);
    CHECK_FALSE(reading.failure);
    CHECK(reading.report.list("databases").rows.size() == 2);
    CHECK(reading.report.notes.empty());
    CHECK(server.asked.size() == 1);
}

TEST_CASE("rows of tables are asked for where they are wanted, and bounded") {
    ScriptedServer server;
    ReportOptions options;
    options.sample_rows = 1000;
    server.expect(cluster_session());
    auto shop = database_session();
    shop->answer({}).answer({});  // tables, indexes
    shop->answer({{"public", "a", "SELECT 1"}, {"public", "b", "SELECT 2"}});
    SessionEvent sample(SessionEvent::Kind::rows);
    sample.rows.columns = {"id", "note"};
    sample.rows.rows.assign(most_sample_rows + 5, Row{std::string(5000, 'x'), std::nullopt});
    shop->say(std::move(sample)).say(SessionEvent::Kind::idle);
    shop->fail(Error(ErrorCode::server_error, "permission denied"));
    server.expect(std::move(shop));
    const Reading reading = read(server, options);
    REQUIRE(reading.report.samples.size() == 1);
    const TableSample& found = reading.report.samples.front();
    CHECK(found.table == "a");
    CHECK(found.rows.size() == most_sample_rows);
    CHECK(found.rows[0][0]->size() == 800);
    CHECK_FALSE(found.rows[0][1]);
    CHECK(reading.report.notes ==
          std::vector<std::string>{
              "database 'shop': cannot read rows of public.b: permission denied"});
}

TEST_CASE("a setting that may hold a secret is hidden") {
    CHECK(shown_setting("work_mem", "4MB") == "4MB");
    CHECK(shown_setting("password_encryption", "scram-sha-256") == "scram-sha-256");
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"primary_conninfo", "host=x"},
             {"ssl_passphrase_command", "echo x"},
             {"app.JWT_Secret", "x"},
             {"restore_command", "curl -H 'Token: x' a"},
             {"archive_command", "push s3://key:x@there"}}) {
        CAPTURE(name);
        CHECK(shown_setting(name, value) == "(hidden)");
    }
    ScriptedServer server;
    server.expect(cluster_session({{"app.password", "x", "database"}}));
    server.expect(session());
    const Reading reading = read(server);
    ClusterReport report = reading.report;
    CHECK(std::get<std::string>(report.list("settings").rows.at(0)[1]) == "(hidden)");
}

TEST_CASE("a text is cut between its characters") {
    CHECK(cut_text("abcdef", 6) == "abcdef");
    CHECK(cut_text("abcdefg", 6) == "abc...");
    CHECK(cut_text("ab\u20acdefg", 7) == "ab...");
    CHECK(cut_text("a\u20acdefgh", 7) == "a\u20ac...");
}

TEST_CASE("the name of TimescaleDB's schema is quoted in its queries") {
    for (const ReportQuery& query : database_queries("od\"d; drop")) {
        CAPTURE(query.list);
        CHECK(query.sql.find("od\"d; drop") == std::string::npos);
    }
    CHECK(database_queries("").size() == 4);
    CHECK(database_queries("public").size() == 8);
}

#include "core/pg/server_message.hpp"

#include "core/pg/connect_failure.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"

using namespace tsb;
using tsb::test::contains;

namespace {

ServerMessage message(std::string sqlstate, std::string primary, std::string function = "") {
    ServerMessage said;
    said.sqlstate = std::move(sqlstate);
    said.primary = std::move(primary);
    said.function = std::move(function);
    return said;
}

ConnectAttempt attempt(std::string host = "127.0.0.1") {
    ConnectAttempt made;
    made.user = "backup";
    made.host = std::move(host);
    made.port = "5432";
    return made;
}

/// What libpq says, verbosely, when the server refuses a connection.
std::string refused(const std::string& sqlstate, const std::string& primary,
                    const std::string& location) {
    return "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  " + sqlstate + ": " +
           primary + "\nLOCATION:  " + location + "\n";
}

}  // namespace

TEST_CASE("errors of commands are told apart by SQLSTATE and by the function that raised them") {
    struct Case {
        ServerMessage said;
        ErrorCode code;
    };
    const std::vector<Case> cases{
        {message("XX001", "checksum verification failure"), ErrorCode::page_checksum},
        {message("58P01", "angefordertes Segment wurde entfernt", "WalSndSegmentOpen"),
         ErrorCode::wal_missing},
        {message("58P01", "requested WAL segment 0001 has already been removed"),
         ErrorCode::wal_missing},
        {message("58P01", "could not open file \"x\"", "sendFile"), ErrorCode::server_error},
        {message("55000", "der Standby wurde befördert", "sendDir"), ErrorCode::standby_promoted},
        {message("55000", "the standby was promoted during online backup", "do_pg_backup_stop"),
         ErrorCode::standby_promoted},
        {message("55000", "can no longer access replication slot", "ReplicationSlotAcquire"),
         ErrorCode::wal_missing},
        {message("55000", "replication slots can only be used if", "CheckSlotRequirements"),
         ErrorCode::server_settings},
        {message("55000", "something else"), ErrorCode::server_error},
        {message("57P01", "terminating connection"), ErrorCode::connection},
        {message("57P02", "crash"), ErrorCode::connection},
        {message("57P03", "starting up"), ErrorCode::connection},
        {message("08006", "x"), ErrorCode::connection},
        {message("42501", "must be superuser"), ErrorCode::no_replication_right},
        {message("53300", "too many"), ErrorCode::server_settings},
        {message("53400", "all replication slots are in use"), ErrorCode::server_settings},
        {message("53100", "No space left on device"), ErrorCode::server_error},
        {message("42601", "syntax error"), ErrorCode::server_error},
    };
    for (const auto& [said, code] : cases) {
        INFO(said.sqlstate << " " << said.primary);
        CHECK(command_error(said).code() == code);
    }
}

TEST_CASE("a command's error is one line without control bytes, with the server's hint") {
    auto said = message("42601", "syntax\n  error \x1b[31m");
    said.detail = "at \r here";
    said.hint = "try\nagain";
    const auto error = command_error(said);
    const std::string text = error.what();
    CHECK(contains(text, "syntax error"));
    CHECK(contains(text, "(at here)"));
    CHECK(contains(text, "(SQLSTATE 42601)"));
    CHECK_FALSE(contains(text, "\x1b"));
    CHECK_FALSE(contains(text, "\n"));
    CHECK(error.hint() == "try again");
}

TEST_CASE("long text from a server is cut") {
    CHECK(one_line(std::string(10000, 'x')).size() <= 503);
    CHECK(one_line("  a \t b\n") == "a b");
    CHECK(one_line(" \n ").empty());
}

TEST_CASE("a refused connection has its own code") {
    struct Case {
        std::string text;
        ErrorCode code;
    };
    const std::vector<Case> cases{
        {refused("28P01", "password authentication failed for user \"backup\"",
                 "auth_failed, auth.c:334"),
         ErrorCode::authentication},
        {refused("28000", "no pg_hba.conf entry for replication connection",
                 "ClientAuthentication, auth.c:536"),
         ErrorCode::hba_rejected},
        {refused("28000", "role \"backup\" does not exist",
                 "InitializeSessionUserId, miscinit.c:768"),
         ErrorCode::authentication},
        {refused("28000", "Peer authentication failed", "auth_failed, auth.c:334"),
         ErrorCode::authentication},
        {refused("42501", "must be superuser or replication role to start walsender",
                 "InitPostgres, postinit.c:896"),
         ErrorCode::no_replication_right},
        {refused("53300", "number of requested standby connections exceeds max_wal_senders",
                 "InitProcess, proc.c:353"),
         ErrorCode::server_settings},
        {refused("57P03", "the database system is starting up", "ProcessStartupPacket, x.c:1"),
         ErrorCode::connection},
        {refused("3D000", "database \"x\" does not exist", "InitPostgres, postinit.c:948"),
         ErrorCode::server_error},
        {"connection to server on socket \"/s/.s.PGSQL.5432\" failed: No such file or directory\n"
         "\tIs the server running locally and accepting connections on that socket?\n",
         ErrorCode::connection},
        {"could not translate host name \"x\" to address: Name or service not known\n",
         ErrorCode::connection},
        {"connection to server at \"x\", port 1 failed: server does not support SSL, but SSL was "
         "required\n",
         ErrorCode::authentication},
        {"connection to server at \"x\", port 1 failed: SSL error: certificate verify failed\n",
         ErrorCode::authentication},
        {"", ErrorCode::connection},
    };
    for (const auto& [text, code] : cases) {
        INFO(text);
        const auto error = connect_failure(text, attempt());
        CHECK(error.code() == code);
        CHECK(contains(error.what(), "cannot connect to '127.0.0.1:5432': "));
        CHECK_FALSE(contains(error.what(), "\n"));
        CHECK_FALSE(contains(error.what(), "LOCATION"));
    }
}

TEST_CASE("the kind of a refusal does not depend on the server's language") {
    const auto error = connect_failure(
        "connection to server at \"::1\", port 5432 failed: SCHWERWIEGEND:  28000: kein Eintrag "
        "für Host »2001:db8::7«, Benutzer »backup«\nORT:  ClientAuthentication, auth.c:536\n",
        attempt("::1"));
    CHECK(error.code() == ErrorCode::hba_rejected);
    CHECK(contains(error.hint(), "host replication backup 2001:db8::7/128 scram-sha-256"));
}

TEST_CASE("a missing pg_hba.conf line is spelled out") {
    const auto text = refused("28000",
                              "no pg_hba.conf entry for replication connection from host "
                              "\"10.1.2.3\", user \"backup\", no encryption",
                              "ClientAuthentication, auth.c:536");
    auto made = attempt("db.example");
    CHECK(contains(connect_failure(text, made).hint(),
                   "host replication backup 10.1.2.3/32 scram-sha-256"));
    made.user = "Back up";
    CHECK(contains(connect_failure(text, made).hint(), "host replication \"Back up\" 10.1.2.3/32"));
    made.replication = false;
    made.database = "shop";
    CHECK(contains(connect_failure(text, made).hint(), "host shop \"Back up\" 10.1.2.3/32"));
    made = attempt("/var/run/postgresql");
    CHECK(contains(connect_failure(text, made).hint(), "local replication backup peer"));
    const auto no_address = refused("28000", "nix", "ClientAuthentication, auth.c:536");
    CHECK(contains(connect_failure(no_address, attempt()).hint(), "backup samehost scram-sha-256"));
}

TEST_CASE("the role and the setting to change are named") {
    auto made = attempt();
    made.user = "o\"k";
    CHECK(connect_failure(refused("42501", "x", "InitPostgres, p.c:1"), made).hint() ==
          "ALTER ROLE \"o\"\"k\" REPLICATION");
    CHECK(contains(connect_failure(refused("53300", "x", "InitProcess, p.c:1"), made).hint(),
                   "max_wal_senders = 10"));
    made.replication = false;
    CHECK(contains(connect_failure(refused("53300", "x", "InitProcess, p.c:1"), made).hint(),
                   "max_connections"));
    CHECK(connect_failure(refused("42501", "x", "InitPostgres, p.c:1"), made).code() ==
          ErrorCode::server_error);
}

TEST_CASE("of two tries the refusal that is not about pg_hba.conf is told") {
    const auto text =
        refused("28P01", "password authentication failed", "auth_failed, auth.c:334") +
        refused("28000", "no pg_hba.conf entry", "ClientAuthentication, auth.c:536");
    CHECK(connect_failure(text, attempt()).code() == ErrorCode::authentication);
}

TEST_CASE("a password the server asks for in vain is an authentication error with a hint") {
    auto made = attempt();
    made.needs_password = true;
    const auto error = connect_failure("fe_sendauth: no password supplied\n", made);
    CHECK(error.code() == ErrorCode::authentication);
    CHECK(contains(error.hint(), "password_file"));
}

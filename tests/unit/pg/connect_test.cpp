#include "core/base/error.hpp"
#include "core/pg/connect_target.hpp"
#include "core/pg/conninfo.hpp"
#include "core/pg/libpq_session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using tsb::test::contains;
namespace asio = boost::asio;

namespace {

std::string shown(const std::vector<ConnectTarget>& targets) {
    std::string text;
    for (const auto& target : targets) {
        text += target.host + "|" + target.hostaddr + "|" + target.port + " ";
    }
    return text;
}

std::string split(const std::string& conninfo) {
    return shown(split_targets(parse_conninfo(conninfo)));
}

/// The refusal of a conninfo, hint included.
std::string connect_refusal(const std::string& conninfo) {
    try {
        parse_conninfo(conninfo);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::config);
        return std::string(error.what()) + " " + error.hint();
    }
    return {};
}

/// The error that connecting ends with.
Error failure_of(ConnectOptions options, std::stop_token stop = {}) {
    try {
        const auto attempt = [&]() -> asio::awaitable<void> {
            const auto connect = libpq_sessions();
            const auto session = co_await connect(options, stop);
        };
        test::run_coroutine(attempt());
    } catch (const Error& error) {
        return error;
    }
    return {ErrorCode::internal, "connected"};
}

}  // namespace

TEST_CASE("each host of a conninfo becomes a target with its port") {
    CHECK(split("user=x") == "|| ");
    CHECK(split("host=/var/run/postgresql") == "/var/run/postgresql|| ");
    CHECK(split("host=a,b port=1") == "a||1 b||1 ");
    CHECK(split("host=a,b port=1,2") == "a||1 b||2 ");
    CHECK(split("hostaddr=::1,127.0.0.1") == "|::1| |127.0.0.1| ");
    CHECK(split("host=a,,c") == "a|| || c|| ");
    CHECK(split("postgresql://u@a:1,b:2/db") == "a||1 b||2 ");
}

TEST_CASE("host lists that do not fit together are left for libpq to refuse") {
    CHECK(split("host=a,b port=1,2,3") == "a,b||1,2,3 ");
    CHECK(split("host=a,b hostaddr=::1") == "a,b|::1| ");
    CHECK(split("port=1,2") == "||1,2 ");
}

TEST_CASE("targets that need no look-up stay as they are") {
    CHECK(shown(resolve({"/run/pg", "", "1"})) == "/run/pg||1 ");
    CHECK(shown(resolve({"name", "127.0.0.1", ""})) == "name|127.0.0.1| ");
    CHECK(shown(resolve({"", "", ""})) == "|| ");
    CHECK(shown(resolve({"127.0.0.1", "", "7"})) == "127.0.0.1|127.0.0.1|7 ");
}

TEST_CASE("a conninfo with a secret is refused without showing it") {
    for (const char* conninfo :
         {"host=a password=hunter2", "postgresql://u:hunter2@a/db", "host=a sslpassword=hunter2",
          "host=a password=x hunter2", "postgresql://u:p@hunter2@h:p/d?x=hunter2"}) {
        const auto text = connect_refusal(conninfo);
        INFO(conninfo << ": " << text);
        CHECK_FALSE(text.empty());
        CHECK_FALSE(contains(text, "hunter2"));
    }
    CHECK(contains(connect_refusal("password=x"), "password_file"));
    CHECK(contains(connect_refusal("hots=a"), "\"hots\""));
}

TEST_CASE("a session's keywords are the operator's first, then ours") {
    ConnectOptions options;
    options.conninfo = "host=a keepalives_idle=99 replication=database application_name=mine";
    auto keywords = session_keywords(options);
    CHECK(keywords.at("replication") == "true");
    CHECK(keywords.at("keepalives_idle") == "99");
    CHECK(keywords.at("keepalives_interval") == "5");
    CHECK(keywords.at("tcp_user_timeout") == "30000");
    CHECK(keywords.at("application_name") == "mine");
    CHECK(keywords.at("fallback_application_name") == "tsbackup");
    CHECK(keywords.at("client_encoding") == "UTF8");

    options.replication = false;
    keywords = session_keywords(options);
    CHECK_FALSE(keywords.contains("replication"));
    CHECK(keywords.at("dbname") == "postgres");
    options.conninfo = "dbname=shop";
    CHECK(session_keywords(options).at("dbname") == "shop");
    options.database = "a 'b' = c";
    CHECK(session_keywords(options).at("dbname") == "a 'b' = c");
}

TEST_CASE("every server that does not answer is named in one connection error") {
    const test::TempDir dir;
    ConnectOptions options;
    options.conninfo = "host=" + dir.path().string() + "," + dir.path().string() + " port=1,2";
    const auto error = failure_of(options);
    CHECK(error.code() == ErrorCode::connection);
    CHECK(contains(error.what(), dir.path().string() + ":1': No such file or directory; cannot"));
    CHECK(contains(error.what(), dir.path().string() + ":2': No such file or directory"));
}

TEST_CASE("a missing password file ends the connect before it begins") {
    ConnectOptions options;
    options.conninfo = "host=/nonexistent";
    options.password_file = "/nonexistent/password";
    CHECK(failure_of(options).code() == ErrorCode::config);
}

TEST_CASE("a stop that was requested ends the connect") {
    std::stop_source stop;
    stop.request_stop();
    ConnectOptions options;
    options.conninfo = "host=/nonexistent";
    CHECK(failure_of(options, stop.get_token()).code() == ErrorCode::cancelled);
}

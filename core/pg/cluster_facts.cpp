#include <exception>
#include <utility>

#include "core/base/error.hpp"
#include "core/pg/database_contents.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/server_facts.hpp"
#include "core/pg/server_message.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_databases = 10000;

constexpr const char* server_time_query =
    "SELECT pg_is_in_recovery()::text,"
    " to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

constexpr const char* timescaledb_version_query =
    "SELECT extversion, current_setting('timescaledb.license', true)"
    " FROM pg_extension WHERE extname = 'timescaledb'";

/// Name, size (NULL without the right to know it), locale, its provider's letter, its version, who
/// wrote the row.
std::string databases_query(int server_version) {
    return "SELECT datname, CASE WHEN has_database_privilege(oid, 'CONNECT')"
           " OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END, " +
           database_locale_columns(server_version) +
           ", xmin::text FROM pg_database WHERE datallowconn AND datname <> 'template0' ORDER BY "
           "datname";
}

std::string collation_of(const ResultSet& result, std::size_t row) {
    const auto provider_name = [](const std::string& letter) {
        return letter == "i" ? "icu" : letter == "b" ? "builtin" : "libc";
    };
    const auto& fields = result.rows[row];
    std::string text = fields[2].value_or("") + " (" + provider_name(fields[3].value_or("c"));
    if (fields[4]) {
        text += " " + *fields[4];
    }
    return one_line(text + ")", 200);
}

std::vector<DatabaseInfo> databases_of(const ResultSet& result) {
    require_shape(result, result.rows.size(), 6);
    if (result.rows.size() > max_databases) {
        throw Error(ErrorCode::protocol, "more databases than can be listed");
    }
    std::vector<DatabaseInfo> databases;
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
        auto& database = databases.emplace_back();
        database.name = text_field(result, row, 0);
        if (result.rows[row][1]) {
            database.size_bytes = number_field<std::uint64_t>(result, row, 1);
        }
        database.collation = collation_of(result, row);
        database.xid = number_field<std::uint32_t>(result, row, 5);
    }
    return databases;
}

asio::awaitable<ClusterFacts> ask_server(const SessionFactory& connect,
                                         const ConnectOptions& options, std::string database,
                                         std::stop_token stop) {
    const auto session =
        co_await open_sql_session(connect, options, std::move(database), std::move(stop));
    ClusterFacts facts;
    const auto server = co_await session->execute(server_time_query, sql_answer_limit);
    require_shape(server, 1, 2);
    facts.in_recovery = text_field(server, 0, 0) == "true";
    facts.server_time = one_line(text_field(server, 0, 1), 40);
    auto query = databases_query(session->server_version());
    const auto list = co_await session->execute(std::move(query), sql_answer_limit);
    facts.databases = databases_of(list);
    co_return facts;
}

asio::awaitable<void> ask_database(const SessionFactory& connect, const ConnectOptions& options,
                                   DatabaseInfo& database, std::stop_token stop) {
    const auto session =
        co_await open_sql_session(connect, options, database.name, std::move(stop));
    const auto result = co_await session->execute(timescaledb_version_query, sql_answer_limit);
    if (!result.rows.empty()) {
        require_shape(result, 1, 2);
        database.timescaledb_version = one_line(text_field(result, 0, 0), 60);
        database.timescaledb_license = one_line(result.rows[0][1].value_or(""), 60);
    }
    database.contents = co_await read_database_contents(*session, sql_answer_limit);
}

/// One line for DatabaseInfo::problem. A stop is not a problem of the database: it ends the job.
std::string problem_of(const Error& error) {
    if (error.code() == ErrorCode::cancelled) {
        throw error;
    }
    return one_line(error.what());
}

}  // namespace

std::string database_locale_columns(int server_version) {
    if (server_version >= 170000) {
        return "CASE datlocprovider WHEN 'c' THEN datcollate ELSE datlocale END, datlocprovider, "
               "datcollversion";
    }
    if (server_version >= 150000) {
        return "CASE datlocprovider WHEN 'c' THEN datcollate ELSE daticulocale END, "
               "datlocprovider, datcollversion";
    }
    return "datcollate, 'c', NULL";
}

asio::awaitable<ClusterFacts> read_cluster_facts(const SessionFactory& connect,
                                                 const ConnectOptions& options,
                                                 std::stop_token stop) {
    ClusterFacts facts;
    try {
        facts = co_await ask_server(connect, options, options.database, stop);
    } catch (const Error& error) {
        facts.databases.emplace_back().problem = problem_of(error);
        co_return facts;
    }
    for (auto& database : facts.databases) {
        try {
            co_await ask_database(connect, options, database, stop);
        } catch (const Error& error) {
            database.problem = problem_of(error);
        }
    }
    co_return facts;
}

}  // namespace tsb

#include "core/pg/database_contents.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/server_message.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_extensions = 10000;

// Chunks lie in a schema of TimescaleDB's and hold the rows of a hypertable.
constexpr const char* tables_query =
    "SELECT count(*) FILTER (WHERE of_users),"
    " coalesce(sum(greatest(reltuples, 0)::float8) FILTER (WHERE relkind = 'r'"
    " AND (of_users OR relname ~ '^_hyper_')), 0)::bigint"
    " FROM (SELECT c.relkind, c.relname, c.reltuples,"
    " n.nspname !~ '^(pg_|information_schema$|_?timescaledb)' AS of_users"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p')) AS relations";

constexpr const char* extensions_query =
    "SELECT extname, extversion, xmin::text FROM pg_extension ORDER BY extname";

// It numbers the jobs of others from 1000.
constexpr const char* timescaledb_counts_query =
    "SELECT (SELECT count(*) FROM timescaledb_information.hypertables),"
    " (SELECT count(*) FROM timescaledb_information.chunks),"
    " (SELECT count(*) FROM timescaledb_information.continuous_aggregates),"
    " count(*), count(*) FILTER (WHERE proc_name ~ '^policy_')"
    " FROM timescaledb_information.jobs WHERE job_id >= 1000";

std::vector<ExtensionInfo> extensions_of(const ResultSet& result) {
    require_shape(result, result.rows.size(), 3);
    if (result.rows.size() > max_extensions) {
        throw Error(ErrorCode::protocol, "more extensions than can be listed");
    }
    std::vector<ExtensionInfo> extensions;
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
        extensions.push_back({one_line(text_field(result, row, 0), 200),
                              one_line(text_field(result, row, 1), 60),
                              number_field<std::uint32_t>(result, row, 2)});
    }
    return extensions;
}

}  // namespace

asio::awaitable<DatabaseContents> read_database_contents(ReplicationSession& session,
                                                         std::chrono::seconds stall_limit) {
    DatabaseContents contents;
    const auto tables = co_await session.execute(tables_query, stall_limit);
    require_shape(tables, 1, 2);
    contents.tables = number_field<std::uint64_t>(tables, 0, 0);
    contents.estimated_rows = number_field<std::uint64_t>(tables, 0, 1);
    const auto extensions = co_await session.execute(extensions_query, stall_limit);
    contents.extensions = extensions_of(extensions);
    if (extension_version(contents, "timescaledb").empty()) co_return contents;
    const auto counts = co_await session.execute(timescaledb_counts_query, stall_limit);
    require_shape(counts, 1, 5);
    contents.hypertables = number_field<std::uint64_t>(counts, 0, 0);
    contents.chunks = number_field<std::uint64_t>(counts, 0, 1);
    contents.continuous_aggregates = number_field<std::uint64_t>(counts, 0, 2);
    contents.jobs = number_field<std::uint64_t>(counts, 0, 3);
    contents.policies = number_field<std::uint64_t>(counts, 0, 4);
    co_return contents;
}

std::string extension_version(const DatabaseContents& contents, const std::string& name) {
    const auto found =
        std::find_if(contents.extensions.begin(), contents.extensions.end(),
                     [&](const ExtensionInfo& extension) { return extension.name == name; });
    return found == contents.extensions.end() ? "" : found->version;
}

}  // namespace tsb

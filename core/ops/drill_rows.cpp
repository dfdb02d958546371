#include "core/ops/drill_rows.hpp"

#include "core/pg/result_fields.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::hours count_limit{24 * 7};  // the job has a limit of its own

/// Names, and "true" where the rows lie in other tables that belong to it. Partitions are tables of
/// their own; so are children of inheritance.
std::string tables_query(TableKinds kinds) {
    const bool hypertables = kinds == TableKinds::and_hypertables;
    std::string query = "SELECT format('%I.%I', n.nspname, c.relname), ";
    query += hypertables ? "EXISTS (SELECT FROM timescaledb_information.hypertables h"
                           " WHERE h.hypertable_schema = n.nspname"
                           " AND h.hypertable_name = c.relname)::text"
                         : "'false'";
    query +=
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
        " AND n.nspname !~ '^(pg_|information_schema$|_?timescaledb)'";
    // Chunks may have been given another schema.
    if (hypertables) {
        query +=
            " AND NOT EXISTS (SELECT FROM timescaledb_information.chunks k"
            " WHERE k.chunk_schema = n.nspname AND k.chunk_name = c.relname)";
    }
    return query + " ORDER BY 1";
}

}  // namespace

asio::awaitable<CountedRows> count_rows(ReplicationSession& session, TableKinds kinds,
                                        const JobContext& job) {
    const auto tables = co_await session.execute(tables_query(kinds), sql_answer_limit);
    require_shape(tables, tables.rows.size(), 2);
    CountedRows counted;
    for (std::size_t row = 0; row < tables.rows.size(); ++row) {
        job.throw_if_stopped();
        const std::string& name = text_field(tables, row, 0);
        const bool with_others = text_field(tables, row, 1) == "true";
        std::string query = "SELECT count(*) FROM " + (with_others ? name : "ONLY " + name);
        try {
            const auto result = co_await session.execute(std::move(query), count_limit);
            require_shape(result, 1, 1);
            counted.rows += number_field<std::uint64_t>(result, 0, 0);
        } catch (const Error& error) {
            const bool lost = error.code() == ErrorCode::connection;
            if (lost || error.code() == ErrorCode::cancelled) throw;
            counted.uncounted.push_back({name, error});
        }
    }
    co_return counted;
}

}  // namespace tsb

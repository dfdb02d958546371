// The rows of all tables of a database, counted one table after the other.
//
// Counts the rows of users' tables and of hypertables, each row once: not those of materialized
// views, of foreign tables, and of what the server or TimescaleDB keeps for itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/job_context.hpp"
#include "core/pg/session.hpp"

namespace tsb {

struct UncountedTable {
    std::string name;  // with its schema, quoted as SQL has it
    Error cause;
};

struct CountedRows {
    CountedRows() = default;
    std::uint64_t rows = 0;
    std::vector<UncountedTable> uncounted;
};

/// What there may be: hypertables only where the database has the extension timescaledb.
enum class TableKinds { ordinary, and_hypertables };

/// On a session of open_sql_session(). A table that the server does not count is one of
/// `uncounted`; throws when the session is lost or the job is stopped. Thread: loop.
boost::asio::awaitable<CountedRows> count_rows(ReplicationSession& session, TableKinds kinds,
                                               const JobContext& job);

}  // namespace tsb

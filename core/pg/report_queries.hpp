// The queries behind a cluster report, each with the list that it fills. Text only: nothing is
// asked here. Sources: PostgreSQL documentation, "System Catalogs"; TimescaleDB documentation,
// "Informational views" and "Administration functions", both of 2.x.
#pragma once

#include <string>
#include <vector>

#include "core/pg/cluster_report.hpp"

namespace tsb {

/// One list and how to fill it. The result has the list's columns, without "database" where that
/// is the first: whoever asks knows it. Those that are left out beyond a limit are the last ones.
struct ReportQuery {
    ReportQuery() = default;
    std::string list;
    std::vector<ReportColumn> columns;
    std::string sql;  // without a limit
};

/// Of the cluster as a whole, asked once in any database.
std::vector<ReportQuery> cluster_queries(int server_version, SettingsOf settings);
/// Of one database. `timescaledb_schema` is where the extension is; empty: it is not there.
std::vector<ReportQuery> database_queries(const std::string& timescaledb_schema);

/// Rows of database, schema, table and the statement that gives its first `rows` rows: each column
/// as a text of bounded length, by its type's own output function. Foreign tables, also as children
/// of others, are left out: they would be read from another server.
std::string sample_query(unsigned rows);

}  // namespace tsb

// What is in a cluster: databases, roles, tables with sizes, and what TimescaleDB adds. Read over
// SQL from any server that is up, and kept as lists of cells, since it is only ever shown.
//
// Keeps I7: rows, columns and texts are bounded here, whatever the server sends; what was left out
// is said in a note. Passwords are not asked for, and settings that may hold one are hidden (I8).
// Runs nothing of the cluster's own: no view, row policy or cast of its users, no foreign table.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/job_context.hpp"
#include "core/pg/session.hpp"

namespace tsb {

inline constexpr std::size_t most_report_rows = 20000;    // of one list
inline constexpr std::size_t longest_report_text = 2000;  // bytes
inline constexpr std::size_t most_report_notes = 200;
inline constexpr unsigned most_sample_rows = 50;             // of one table
inline constexpr std::size_t most_sampled_tables = 500;      // in all
inline constexpr std::size_t most_sample_bytes = 8UL << 20;  // in all, the last table on top

enum class CellKind { text, count, flag };

struct ReportColumn {
    const char* name;
    CellKind kind;
};

/// Nothing: the server said NULL, "unknown".
using ReportCell = std::variant<std::monostate, bool, std::uint64_t, std::string>;
using ReportRow = std::vector<ReportCell>;

struct ReportList {
    ReportList() = default;
    std::string name;  // "tables"
    std::vector<ReportColumn> columns;
    std::vector<ReportRow> rows;  // each as long as `columns`
};

/// The first rows of one table, as texts; a cell without value is NULL.
struct TableSample {
    TableSample() = default;
    std::string database;
    std::string schema;
    std::string table;
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
};

struct ClusterReport {
    ClusterReport() = default;
    std::string server_version;  // "17.6 (Debian 17.6-1.pgdg13+1)"
    std::string server_time;     // ISO 8601 in UTC
    bool in_recovery = false;
    std::vector<ReportList> lists;  // always all of them, also without rows
    std::vector<TableSample> samples;
    std::vector<std::string> notes;  // what could not be read or was left out, and why

    /// The list of that name, which must be there.
    ReportList& list(std::string_view name);
};

/// Whose settings are of interest: a server that was started for the purpose has none of its own.
enum class SettingsOf { server, roles_and_databases };

struct ReportOptions {
    ReportOptions() = default;
    unsigned sample_rows = 0;  // of each table; at most most_sample_rows count
    SettingsOf settings = SettingsOf::server;
};

/// Reads all databases that accept connections, one after the other. Throws when nothing can be
/// read at all, and Error{cancelled}; what else fails is a note. Thread: loop.
boost::asio::awaitable<ClusterReport> read_cluster_report(const SessionFactory& connect,
                                                          const ConnectOptions& base,
                                                          const ReportOptions& options,
                                                          const JobContext& job);

/// `value` of the setting `name`, or "(hidden)" where that may be or hold a secret. Pure.
std::string shown_setting(const std::string& name, const std::string& value);

/// `text` of at most `limit` bytes, cut between characters, with "..." at the end of what was cut.
/// Pure.
std::string cut_text(std::string text, std::size_t limit = longest_report_text);

}  // namespace tsb

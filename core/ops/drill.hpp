// The drill: a restore that nobody has to run. A backup is restored into a directory of its own, a
// private server is started on it, and what comes up is looked at; then all of it goes.
//
// Keeps: nothing outside that directory is written, no other server is spoken to, and neither a
// process nor a file is left, however the drill ends; of one that was killed the server ends by
// itself, and the next drill removes the files. A backup is called bad only for what it holds.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/cluster_info.hpp"
#include "core/base/job_context.hpp"
#include "core/io/extractor.hpp"
#include "core/pg/session.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

/// What is told of the rows of each database.
enum class RowCounts {
    estimated,  // as the server's planner has them
    exact,      // every table is read
};

struct DrillOptions {
    DrillOptions() = default;
    std::string cluster;
    std::string backup = "latest";
    std::filesystem::path place;     // absolute; made when only it is missing, never removed
    std::optional<FileOwner> owner;  // of files and server; nothing: as of a restore
    std::vector<std::filesystem::path> server_binaries;  // empty: the usual places
    /// Roles to log in as, tried in turn. The first that there is tells who is a superuser.
    std::vector<std::string> users{"postgres"};
    std::chrono::seconds recovery_limit{24 * 3600};
    RowCounts rows = RowCounts::estimated;
};

/// A database of the backup as the drill found it.
struct DrilledDatabase {
    std::string name;
    std::uint64_t size_bytes = 0;
    DatabaseContents contents;
    std::optional<DatabaseContents> recorded;  // at the backup; nothing: it could not be asked
    std::optional<std::uint64_t> exact_rows;   // with RowCounts::exact; nothing: not all counted
};

struct DrillReport {
    std::string backup_id;
    std::chrono::milliseconds restored_in{0};   // from the first byte to a directory to start on
    std::chrono::milliseconds recovered_in{0};  // from its start until it accepted writes
    std::vector<DrilledDatabase> databases;
    std::vector<std::string> problems;  // what proves the backup bad, one line each; empty: good
    std::vector<std::string> notes;     // what could not be looked at, and why

    std::chrono::milliseconds time_to_recovery() const { return restored_in + recovered_in; }
};

/// Findings are problems in the report, a restore that meets damage among them. Throws for all that
/// is not the backup's fault: Error{version_mismatch} without the programs or TimescaleDB's
/// library, Error{disk_full}, {busy}, {cancelled}, {server_error} when the server ends for another
/// cause, {stalled} past the recovery limit. Everything passed must outlive the await. Thread: loop
/// (blocking work is done on threads of its own).
boost::asio::awaitable<DrillReport> drill_backup(const DrillOptions& options,
                                                 Repository& repository,
                                                 const SessionFactory& connect, const Clock& clock,
                                                 JobContext& job);

}  // namespace tsb

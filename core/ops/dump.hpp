// One database out of a physical backup: a private server is started on a restored copy, as a drill
// does, and pg_dump writes the database into a file in its custom format, for pg_restore.
//
// Keeps what a drill keeps (drill.hpp); besides its directory only the file is written, which is
// there whole and synced or not at all, and never in place of another one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "core/ops/drill.hpp"

namespace tsb {

struct DumpOptions {
    DumpOptions() = default;
    DrillOptions copy;  // the backup, and where and how its server is started
    std::string database;
    std::filesystem::path file;  // absolute, without links; its directory is there, it is not
};

struct DumpReport {
    std::string backup_id;
    std::uint64_t bytes = 0;          // of the file
    std::string timescaledb_version;  // in the database at the backup; empty: it had none
    std::vector<std::string> notes;
};

/// Error{refused} for a file in the repository or in a data directory; Error{busy} when another
/// dump writes it; Error{not_found} when the backup is known to have no such database;
/// Error{target_not_empty} when the file is there already, Error{io} when its directory is not;
/// Error{version_mismatch} without pg_dump; Error{command_failed} with its last words;
/// Error{damaged} where a drill would find a problem; else the errors of drill_backup(). Everything
/// passed must outlive the await. Thread: loop (blocking work is done on threads of its own).
boost::asio::awaitable<DumpReport> dump_database(const DumpOptions& options, Repository& repository,
                                                 const SessionFactory& connect, const Clock& clock,
                                                 JobContext& job);

/// The shell commands that bring a dump of `database` back as a database of that name, in their
/// order. pg_restore makes it, with its encoding, locale and settings. One with TimescaleDB is made
/// by a first call of it that restores nothing else, since it needs that version of TimescaleDB
/// there before its data, and its steps before and after: https://docs.timescale.com, "Migrate the
/// entire database". Pure.
std::vector<std::string> commands_to_load(const std::string& database,
                                          const std::string& timescaledb_version,
                                          const std::filesystem::path& file);

}  // namespace tsb

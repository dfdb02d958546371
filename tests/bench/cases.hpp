// The cases, each group in a file of its own. Every function runs those that the options want and
// adds what it finds to the report; one that fails is noted there and the others go on.
#pragma once

#include <functional>
#include <string>

#include "tests/bench/ground.hpp"
#include "tests/bench/report.hpp"

namespace tsb::bench {

/// How fast the server streams to nobody, backups against pg_basebackup.
void run_backup_cases(Ground& ground, Report& report);
/// Restores against tar and pgBackRest, verifies against restores.
void run_restore_cases(Ground& ground, Report& report);
/// How long `status` takes while a backup runs.
void run_status_case(Ground& ground, Report& report);
/// How closely a backup keeps to max_rate, and what the daemon takes when nothing is to be done.
void run_manners_cases(Ground& ground, Report& report);
/// Clusters and a repository of their own.
void run_files_case(const Options& options, Report& report);
void run_list_case(const Options& options, Report& report);

/// A backup by the daemon that is removed again; "stored" is all that was in its directory.
Sample measure_backup(test::Daemon& daemon, const std::string& cluster,
                      const test::Arguments& backup_options);
/// pg_basebackup of `server` with a streamed WAL, into a directory that is removed again.
Sample measure_basebackup(const test::PgServer& server, const std::filesystem::path& parent,
                          const test::Arguments& options);
/// The server's stream to nobody.
Sample measure_stream(const test::PgServer& server);

/// Runs `action` when `name` is wanted; what it throws becomes a failure in the report, unless the
/// bench was interrupted.
void run_case(const Options& options, Report& report, const std::string& name,
              const std::function<void()>& action);

}  // namespace tsb::bench

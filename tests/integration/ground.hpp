// What several integration tests need: a cluster with a little of everything, its fingerprint, and
// the way from a backup to a running restored server.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/support/daemon.hpp"
#include "tests/support/server.hpp"

namespace tsb::test {

/// The kept server of `version`, filled once with: tables and indexes, large objects, a database
/// with a quoted name, an unlogged table, an in-place sequence state and, on 17, a hypertable with
/// an empty chunk.
PgServer& filled_server(PgVersion version);

/// One line for each logged user table of each database: rows and an order-free checksum.
std::string fingerprint(PgServer& server);

/// Makes `length` MiB of rows that do not compress in table `name`.
void add_bulk(PgServer& server, const std::string& name, int mebibytes);

/// A new name for a restore target beneath the daemon's allowed directory.
std::filesystem::path new_target(const Daemon& daemon);

/// Restores `id` of cluster main and returns its server, not started. Throws when that fails.
std::unique_ptr<PgServer> restored(Daemon& daemon, const std::string& id, PgVersion version,
                                   const Arguments& options = {});
/// The same, started and waited for until it accepts writes.
std::unique_ptr<PgServer> restored_running(Daemon& daemon, const std::string& id, PgVersion version,
                                           const Arguments& options = {});

/// Problems of a restored and running server that any restore could have; empty: none.
std::string restore_problems(PgServer& server);

/// How a request ended that must not succeed, from the client's JSON.
struct Refusal {
    int status = 0;
    std::string code;
    std::string message;
    std::string hint;
    std::string all;  // for INFO
};
Refusal refusal_of(const CommandResult& json_result);
/// tsbackupctl --json with `arguments`, expected to fail.
Refusal refused(Daemon& daemon, const Arguments& arguments);

/// A job asked for with --detach, known to have sent `bytes` of data. Throws when it ends before.
std::string backup_under_way(Daemon& daemon, std::uint64_t bytes, const Arguments& options = {});
/// Waits for the end of `job`, which must fail.
Refusal failure_of(Daemon& daemon, const std::string& job);
/// What a failed backup must leave: just `expected` listed and good, nothing in progress; empty:
/// it is so.
std::string leftovers(Daemon& daemon, const std::vector<std::string>& expected);

/// path -> content, for links where they lead, of everything beneath `root`.
std::map<std::string, std::string> content_of(const std::filesystem::path& root);
/// The processes, a line each, with `text` in their command lines.
std::string processes_with(const std::string& text);
/// What drills in `place` must not leave: files and processes; empty: there are none.
std::string drill_leftovers(const std::filesystem::path& place);

/// Message and hint of a failed command, for comparing and for showing.
std::string failure_text(const CommandResult& result);
/// True when stderr is one cause line with `part` in it and at most a hint line besides.
bool says(const CommandResult& result, const std::string& part);

}  // namespace tsb::test

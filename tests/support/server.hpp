// A real PostgreSQL server for the integration tests: a child of the test process, on a Unix socket
// in its own directory and a free loopback port, stopped and removed with its object.
//
// Connection settings are given on the command line, never in the data directory, so that a
// restored copy of a cluster can run beside the cluster it came from.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/scratch.hpp"

namespace tsb::test {

enum class PgVersion { pg15 = 15, pg17 = 17 };

/// Where the programs of `version` are (they may be missing).
std::filesystem::path server_programs(PgVersion version);
/// The versions the tests must run on, less those missing here. A missing one is named on stderr
/// and, when CI is "true", throws.
const std::vector<PgVersion>& server_versions();
/// True when `version` can be used; else as server_versions().
bool have_server(PgVersion version);

/// A data directory that is there already, such as a restored one.
struct ExistingData {
    // No constructor from a path: braces around one setting must not mean a directory.
    ExistingData() = default;
    static ExistingData at(const std::filesystem::path& directory) {
        ExistingData data;
        data.path = directory;
        return data;
    }
    std::filesystem::path path;
};

class PgServer {
public:
    /// A new cluster with page checksums and, on 17, TimescaleDB preloaded. `settings` are
    /// postgresql.conf lines. Not started.
    explicit PgServer(PgVersion version, const std::vector<std::string>& settings = {});
    /// On a directory that stays when this is gone. Not started.
    PgServer(PgVersion version, const ExistingData& data);
    /// A standby of `primary`, made with pg_basebackup. Not started.
    static std::unique_ptr<PgServer> standby_of(PgServer& primary);
    ~PgServer();
    PgServer(const PgServer&) = delete;
    PgServer& operator=(const PgServer&) = delete;

    /// Runs it until it accepts connections; throws with its log when it does not get there.
    void start();
    /// True when it accepts connections; false when it ended instead.
    bool try_start();
    /// try_start(), unless it runs.
    bool ensure_running() { return process_.running() || try_start(); }
    /// SIGINT: fast, SIGQUIT: immediate. Returns when it has ended.
    void stop(int number = SIGINT);
    /// Kills the postmaster with SIGKILL and waits until its children are gone too.
    void crash();
    void signal(int number) { process_.signal(number); }
    void reload();

    /// Rows of the last statement, fields separated by '|', lines by '\n' without a final one.
    std::string query(const std::string& sql, const std::string& database = "postgres");
    void promote();
    /// Waits until a restored server has ended recovery and accepts writes.
    void wait_for_writes();
    /// Output of pg_amcheck over all databases with heap and index checks; empty: clean.
    std::string amcheck();
    /// Puts pg_hba lines before those that are there, and reloads.
    void add_hba(const std::string& lines);
    /// Slots that exist now; the tests want none left.
    std::string slots() { return query("select count(*) from pg_replication_slots"); }
    bool slots_go_away();

    PgVersion version() const { return version_; }
    const std::filesystem::path& data() const { return data_; }
    int port() const { return port_; }
    std::string log() const;
    std::string program(const std::string& name) const;
    /// libpq conninfo over the Unix socket, or over loopback TCP.
    std::string connection(const std::string& user = "postgres") const;
    std::string tcp_connection(const std::string& user) const;
    const Scratch& scratch() const { return scratch_; }

private:
    Arguments command_line() const;

    PgVersion version_;
    Scratch scratch_;
    std::filesystem::path data_;
    int port_;
    Background process_;
};

/// One server of each version with a little of everything in it, kept for the whole run.
PgServer& shared_server(PgVersion version);

}  // namespace tsb::test

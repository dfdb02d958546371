// The real tsbackupd on a YAML file of the test's, and tsbackupctl talking to it.
//
// As root, the daemon runs as the servers' account, so that what it restores can be started. Every
// run is checked for sanitizer reports. The programs are copied into the scratch directory first:
// the work tree may be closed to that account.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/server.hpp"

namespace tsb::test {

/// One entry of `clusters:` in the daemon's YAML.
struct ClusterEntry {
    ClusterEntry(std::string cluster_name, std::string conninfo)
        : name(std::move(cluster_name)), connection(std::move(conninfo)) {}
    std::string name;
    std::string connection;
    std::string password_file;
    std::vector<std::string> backup;   // lines such as "compression: none"
    std::vector<std::string> restore;  // lines of its section restore
    std::vector<std::string> others;   // lines of the cluster itself, such as "max_age: 13h"
};

class Daemon {
public:
    /// Writes the YAML and makes the repository in a scratch directory. Not started.
    explicit Daemon(const std::vector<ClusterEntry>& clusters);
    /// For one server, as cluster "main".
    explicit Daemon(const PgServer& server);
    /// Stops it with SIGTERM and complains on stderr about any other exit status than 0.
    ~Daemon();

    /// Runs it until its socket answers.
    void start();
    /// The same, run by another program such as strace. It may have ended already.
    void start_under(const Arguments& runner);
    /// SIGTERM; returns the exit status.
    int stop();
    void kill9();
    void signal(int number) { process_.signal(number); }
    /// Gives it another YAML. The daemon must not be running.
    void configure(const std::vector<ClusterEntry>& clusters);

    /// tsbackupctl with `arguments`.
    CommandResult ctl(const Arguments& arguments);
    /// The same beside the test, its output in `log`.
    Background ctl_beside(const Arguments& arguments, const std::filesystem::path& log);
    /// tsbackupctl --json; the "ok" object of the last line. Throws unless it exits with 0.
    nlohmann::json ask(const Arguments& arguments);
    /// tsbackupd with `arguments`, in its own process, as the account of the daemon.
    CommandResult in_process(const Arguments& arguments);

    /// Takes a backup of cluster "main" and returns its id. Throws when that fails.
    std::string backup(const Arguments& options = {});
    /// Ids that `list` shows, oldest first.
    std::vector<std::string> listed();

    pid_t pid() const { return process_.pid(); }
    bool running() { return process_.running(); }
    std::string log() const { return read_file(scratch_ / "daemon.log"); }
    std::filesystem::path repository() const { return scratch_ / "repository"; }
    std::filesystem::path backup_directory(const std::string& id) const;
    std::filesystem::path config_file() const { return scratch_ / "tsbackup.yaml"; }
    const Scratch& scratch() const { return scratch_; }
    Arguments daemon_command() const;

private:
    Scratch scratch_;
    Background process_;
};

/// The environment and account that our programs run with in tests.
RunOptions program_options();
/// Path of "tsbackupd" or "tsbackupctl", readable by every account.
std::string program_path(const std::string& name);
/// Runs one of our programs; a sanitizer report in its output throws.
CommandResult run_program(const Arguments& argv, const RunOptions& options);

}  // namespace tsb::test

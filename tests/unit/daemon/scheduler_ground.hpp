// What the scheduler's tests stand on: a daemon without its sockets on a clock that is turned by
// hand, that can be killed and started again, and a server that answers, refuses or keeps silent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/scheduler.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/ops/synthetic_server.hpp"

namespace tsb::test {

/// "backup" with a cron expression, in UTC.
ScheduleConfig at_cron(const std::string& expression);
/// "backup" every so often.
ScheduleConfig every(std::chrono::seconds period);
/// ScheduleEntry::key()
std::string key_of(const ScheduleConfig& entry);
ClusterConfig scheduled_cluster(const std::string& name,
                                const std::vector<ScheduleConfig>& entries);

/// "done", "running", ..., with what a failure says.
std::string end_of(const JobPointer& job);

class ScheduleGround {
public:
    /// At 2026-11-23T01:42:24Z, a Monday, with these entries of cluster "main".
    explicit ScheduleGround(const std::vector<ScheduleConfig>& entries);
    explicit ScheduleGround(const std::vector<ClusterConfig>& clusters);
    ~ScheduleGround();

    /// One pass, whatever jobs do meanwhile: those it started have begun when it is over, and wait
    /// for the server if that is silent. When to come again at the latest.
    SystemTime pass();
    /// Sets the clock, then pass().
    SystemTime pass_at(const std::string& time);
    /// Runs until nothing is left to do, then pass().
    void finish_jobs();
    /// The daemon dies where it is, with jobs that wait for a silent server; another one starts on
    /// the same repository.
    void kill_and_start();
    void reload(const std::vector<ScheduleConfig>& entries);

    Scheduler& scheduler();
    Service& service();
    boost::asio::io_context& loop();
    /// The first of the configuration.
    ClusterConfig cluster();

    /// Of this run of the daemon, oldest first.
    std::vector<JobPointer> jobs(const std::string& kind = "backup");
    /// What is written down.
    ScheduleState stored(const std::string& cluster = "main");
    /// The notes written down, a line each; empty when there is none.
    std::string all_notes();

    ManualClock clock;
    TempDir directory;
    FaultFs fs;
    Repository repository;

    // What becomes of a backup: it is taken, unless one of these is set.
    std::optional<Error> failure;      // of every attempt to connect
    bool silent = false;               // nobody answers before the job is stopped
    std::function<void()> on_connect;  // called before each attempt

private:
    struct Daemon;
    boost::asio::awaitable<std::unique_ptr<ReplicationSession>> connect(ConnectOptions options,
                                                                        std::stop_token stop);
    void start(Config config);

    SyntheticServer server_;
    SessionFactory answer_;  // of server_
    std::unique_ptr<Daemon> daemon_;
};

}  // namespace tsb::test

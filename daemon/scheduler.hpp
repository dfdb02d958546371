// Starts what is due and remembers it: the acting half of core/plan/schedule.hpp, which decides.
//
// Keeps: a slot is written down before its job starts, so that a daemon that dies meanwhile neither
// runs it twice nor forgets it. A schedule whose state cannot be read or written goes on with what
// is in memory, and says so.
//
// Thread: loop, all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>

#include "daemon/schedule_state.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// What becomes of one entry of a schedule.
struct EntryOutlook {
    std::string job;                        // its kind
    std::optional<SystemTime> due;          // of the next run, but for one that goes on
    std::optional<SystemTime> waits_since;  // a run was due then and has not begun
    unsigned failures = 0;                  // of the present run in a row
    std::uint64_t skipped = 0;              // runs left out since the daemon's start
};

class Scheduler {
public:
    /// The clock is looked at at least this often: it may be set at any time.
    static constexpr std::chrono::seconds longest_sleep{15};

    Scheduler(boost::asio::any_io_executor loop, Service& service);
    Scheduler(const Scheduler&) = delete;

    /// Runs until stop().
    boost::asio::awaitable<void> run();
    /// Reads what it does not know yet, starts what is due, writes down what changed. The time at
    /// which to do it again at the latest.
    boost::asio::awaitable<SystemTime> pass();
    /// Something changed: a job ended, the configuration is another one.
    void wake();
    void stop();
    /// After stop(), when jobs have ended: writes down how those of the schedule did. Blocks.
    void write_down_ends();

    /// The next `count` runs of each entry of the cluster, and why some did not run:
    /// {cluster, entries: [{job, when, timezone, runs: [{slot, due, local, note}], running,
    /// failures}], notes}.
    Json report(const ClusterConfig& cluster, std::size_t count) const;
    /// Each entry of the cluster as the last pass left it; none before the first.
    std::vector<EntryOutlook> outlook(const ClusterConfig& cluster) const;
    /// When the next job of the cluster is due, but for those that run; nothing without a schedule.
    std::optional<SystemTime> next_due(const std::string& cluster) const;
    /// The longest pause between two backups that the schedule leaves; nothing without one.
    std::optional<std::chrono::seconds> backup_period(const ClusterConfig& cluster);

    /// When the cluster was first in the configuration. Nothing before the first pass.
    std::optional<SystemTime> first_seen(const std::string& cluster) const;
    /// Whether somebody was told that the cluster is overdue.
    bool told_overdue(const std::string& cluster) const;
    /// Remembers it, written down by the next pass.
    void tell_overdue(const std::string& cluster, bool overdue);

private:
    struct Known {
        ScheduleState state;
        ScheduleState stored;                          // as it is written down
        std::map<std::string, JobPointer> running;     // by key
        std::map<std::string, SystemTime> due;         // by key
        std::map<std::string, std::uint64_t> skipped;  // by key
        bool unwritten = false;                        // the last attempt to write failed
    };
    struct Period {
        ScheduleConfig entry;
        std::chrono::seconds length;
        SystemTime as_of;
    };

    boost::asio::awaitable<void> forget_removed(const Config& config);
    boost::asio::awaitable<void> load(const std::string& cluster);
    boost::asio::awaitable<void> save(const std::string& cluster);
    boost::asio::awaitable<SystemTime> step(const ClusterConfig& cluster,
                                            const ScheduleConfig& entry);
    boost::asio::awaitable<void> start(const ClusterConfig& cluster, const ScheduleConfig& entry,
                                       const std::string& key, const Decision& decision);
    static void forget_others(const ClusterConfig& cluster, Known& known);
    void told_unwritten(const std::string& cluster, const std::string& problem);
    void settle(const ScheduleEntry& plan, const std::string& key, Known& known);
    void note(const std::string& cluster, const std::string& text);

    boost::asio::any_io_executor loop_;
    Service& service_;
    std::map<std::string, Known> clusters_;
    std::map<std::string, Period> periods_;  // by cluster and key
    boost::asio::steady_timer timer_;
    bool woken_ = false;
    bool stopping_ = false;
};

}  // namespace tsb

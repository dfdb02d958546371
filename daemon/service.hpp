// What the verbs and the scheduler act upon: the configuration, the repository, the way to servers,
// the jobs. Made by the daemon, and in the same way by `tsbackupd VERB` (I10).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/base/clock.hpp"
#include "core/pg/session.hpp"
#include "core/repo/repository.hpp"
#include "daemon/jobs.hpp"

namespace tsb {

class Scheduler;
class SlotWatch;

/// Where the end of a job is told.
struct Bookkeeping {
    bool history;  // in the repository: only in the process that has it locked
    bool log;
};

/// The named cluster of the configuration, or all when `named` is empty. Error{not_found}.
std::vector<ClusterConfig> chosen_clusters(const Config& config, const std::string& named);

/// Thread: loop. The repository may be read from workers too.
class Service {
public:
    Service(boost::asio::any_io_executor loop, Config configuration, Repository& backups,
            SessionFactory sessions, const Clock& time, Bookkeeping bookkeeping);
    Service(const Service&) = delete;

    /// The configuration as it is now. Who works longer keeps what it got: a reload replaces it as
    /// a whole. Thread: any.
    std::shared_ptr<const Config> config() const;
    /// Puts a new configuration in the place of the present one.
    void set_config(Config configuration);
    /// True when this process may write what is known of jobs and backups into the repository.
    bool keeps_books() const { return bookkeeping_.history; }

    /// Clusters of the configuration and of the repository, sorted. Reads the disk.
    std::vector<std::string> cluster_names();
    /// The cluster that holds `backup`: `named` when not empty, else the only one there is, else
    /// the only one with a backup of that id. Error{not_found}; Error{usage} when several have
    /// one, and for "latest" of several clusters. Reads the disk.
    std::string cluster_with(const std::string& named, const std::string& backup);
    /// The id that "latest-before TIME" means in `cluster`, with TIME on this machine's clocks; an
    /// id and "latest" as they are. Error{usage}, Error{not_found}. Reads the disk.
    std::string backup_id(const std::string& cluster, const std::string& wanted);

    /// Stops all jobs and what else runs for clients.
    void stop();

    Repository& repository;
    const SessionFactory connect;
    const Clock& clock;
    JobRegistry jobs;
    std::stop_source stopping;  // requested by stop()

    // Set by the daemon, empty in `tsbackupd VERB`.
    Scheduler* scheduler = nullptr;
    SlotWatch* slots = nullptr;
    /// Reads the configuration file again and takes it over; what changed, one sentence each.
    /// Error{config}, Error{refused}: then nothing changed.
    std::function<std::vector<std::string>()> reload;

private:
    boost::asio::awaitable<void> record(const Job& job, JobState end);

    const Bookkeeping bookkeeping_;
    mutable std::mutex config_mutex_;
    std::shared_ptr<const Config> config_;  // guarded by config_mutex_
};

}  // namespace tsb

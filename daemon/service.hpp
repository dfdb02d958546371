// What the verbs act upon: the configuration, the repository, the way to servers, the jobs. Made
// by the daemon, and in the same way by `tsbackupd VERB` (I10).
#pragma once

#include <boost/asio/any_io_executor.hpp>
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

/// Where the end of a job is told.
struct Bookkeeping {
    bool history;  // in the repository: only in the process that has it locked
    bool log;
};

/// Thread: loop. The repository may be read from workers too.
class Service {
public:
    Service(boost::asio::any_io_executor loop, Config configuration, Repository& backups,
            SessionFactory sessions, const Clock& time, Bookkeeping bookkeeping);
    Service(const Service&) = delete;

    /// Clusters of the configuration and of the repository, sorted. Reads the disk.
    std::vector<std::string> cluster_names();
    /// The cluster that holds `backup`: `named` when not empty, else the only one there is, else
    /// the only one with a backup of that id. Error{not_found}; Error{usage} when several have
    /// one, and for "latest" of several clusters. Reads the disk.
    std::string cluster_with(const std::string& named, const std::string& backup);

    /// Stops all jobs and what else runs for clients.
    void stop();

    const Config config;
    Repository& repository;
    const SessionFactory connect;
    const Clock& clock;
    JobRegistry jobs;
    std::stop_source stopping;  // requested by stop()

private:
    boost::asio::awaitable<void> record(const Job& job, JobState end);

    const Bookkeeping bookkeeping_;
    std::mutex history_mutex_;  // one record is written at a time
};

}  // namespace tsb

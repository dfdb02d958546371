// Gathers what a page of metrics is made from (families.hpp makes it): on the loop what the daemon
// knows, on a worker what lies in the repository.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "daemon/health.hpp"
#include "daemon/metrics/metric_facts.hpp"
#include "daemon/scheduler.hpp"

namespace tsb {

/// Jobs that ended since the daemon's start, by cluster. Thread: loop.
class EndedJobs {
public:
    /// Counts `job`, which has ended, for each cluster that it concerns.
    void count(const Job& job);
    /// Of one cluster, by kind and outcome.
    const std::map<std::pair<std::string, JobState>, std::uint64_t>& of(
        const std::string& cluster) const;

private:
    std::map<std::string, std::map<std::pair<std::string, JobState>, std::uint64_t>> clusters_;
};

/// What the daemon knows of the clusters of the configuration, in its order. Thread: loop.
std::vector<ActiveCluster> active_clusters(const Service& service, const Scheduler& scheduler,
                                           const EndedJobs& ended);

/// What lies in the repository. Error as look_at_health(). Thread: worker (blocks).
StoredFacts stored_facts(Service& service, const std::map<std::string, Expectation>& expected);

}  // namespace tsb

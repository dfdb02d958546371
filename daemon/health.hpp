// Gathers what the health of clusters and repository is judged from (core/plan/health.hpp judges).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/plan/health.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// What the schedule lets expect of a cluster.
struct Expectation {
    std::optional<std::chrono::seconds> period;  // the longest pause between two backups
    std::optional<SystemTime> since;             // the cluster is configured
};

struct HealthReport {
    std::vector<Finding> findings;          // of the configured clusters, then of the repository
    std::vector<ClusterHealthFacts> facts;  // of the configured clusters
    std::map<std::string, std::vector<BackupEntry>> backups;  // of the configured clusters
    std::uint64_t free_bytes = 0;
    std::uint64_t total_bytes = 0;      // of the repository's file system; 0: it does not tell
    std::optional<unsigned> days_left;  // until the repository is full, at the present growth
};

/// By the configured cluster's name. Thread: loop.
std::map<std::string, Expectation> expectations(const Service& service);

/// Reads the disk. Error{repository_missing}. Thread: worker (blocks).
HealthReport look_at_health(Service& service, const std::map<std::string, Expectation>& expected);

}  // namespace tsb

// What a cluster's backups took at the end of each day, kept beside its history: from it the growth
// of the repository is told (core/plan/space.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/plan/health_facts.hpp"
#include "core/repo/repository.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// Notes what the cluster's backups take now, in place of an earlier note of the same UTC day; the
/// last 60 days are kept. The repository must be locked. Thread: worker (blocks).
void note_stored_bytes(Repository& repository, const std::string& cluster, SystemTime now);

/// What all clusters' backups took together, each time one of them was noted, oldest first. What
/// cannot be read is left out. Thread: worker (blocks).
std::vector<SpaceSample> stored_bytes_history(Repository& repository);

/// As they are kept and as clients get them. Pure.
Json describe(const std::vector<SpaceSample>& samples);

}  // namespace tsb

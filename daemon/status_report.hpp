// How clusters and repository are: what `status` and `report` tell.
#pragma once

#include <map>
#include <string>

#include "daemon/health.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// "repository", "clusters", "problems" and "warnings" of PROTOCOL.md's `status`. A repository that
/// is missing is a problem in it. Thread: worker (reads the disk).
Json status_report(Service& service, const std::map<std::string, Expectation>& expected);

/// Adds what only the loop knows: when each cluster's next run is due, and which slots are left.
/// Nothing in a process without scheduler. Thread: loop.
void add_running_state(const Service& service, Json& report);

}  // namespace tsb

// What the service manager shows of the daemon, in one line that says what a person wants to know:
// "idle; next main 02:00; last good 5 h ago", "backing up main: 42 %; last good 24 h ago".
//
// Pure: gathers nothing, reads no clock. Thread: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/plan/time_zone.hpp"

namespace tsb {

/// A job that runs.
struct RunningJob {
    std::string kind;  // JobSpec::kind
    std::string cluster;
    std::string phase;                // "waiting for checkpoint"
    std::optional<unsigned> percent;  // while bytes are counted
};

struct ClusterOutlook {
    std::string cluster;
    std::optional<SystemTime> next_run;
    bool looked_at = false;  // whether the rest is known yet
    std::optional<SystemTime> last_good;
    bool overdue = false;
};

struct ServiceOutlook {
    std::vector<RunningJob> running;
    std::size_t waiting = 0;
    std::vector<ClusterOutlook> clusters;
    std::string stuck;  // WorkWatch::look()
};

/// The line. Times of day are those of `zone`; of several clusters the earliest next run, and the
/// one whose newest good backup is the oldest. What is overdue stands first.
std::string status_text(const ServiceOutlook& outlook, SystemTime now, const TimeZone& zone);

}  // namespace tsb

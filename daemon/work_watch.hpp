// Whether the worker threads make progress: what the feeding of the service manager's watchdog
// depends on besides the loop itself.
//
// A job that waits for somebody else is no reason to restart a daemon: the server's silence is
// ended by stall_timeout, its checkpoint by checkpoint_timeout, a start or stop command and a
// recovery by limits of their own, and anything by job_limit. All of them end a job by asking it to
// stop. So a job is stuck, and only a restart helps, when no counter and no phase of it changes for
// `patience`
//   - after it was asked to stop, by a limit, by somebody or by the daemon's end; or
//   - while it does nothing but move bytes between this process and its disk: copying a backup,
//     verifying, extracting. Where the server may be silent for longer than that by configuration,
//     twice its stall_timeout counts.
// A stop during a start, a stop command or a recovery is not judged: their limits are longer.
//
// Does not stop jobs and reads no clock. Thread: loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "daemon/jobs.hpp"

namespace tsb {

class WorkWatch {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// The write-back of a whole page cache to a slow disk is over sooner.
    static constexpr std::chrono::minutes patience{30};

    /// Looks at the jobs that have not ended. Why one of them is stuck, such as "backup
    /// b-20261123-014224-1 of main: copying without progress for 30 min"; empty when none is. Call
    /// it often: a change between two looks counts from the second one.
    std::string look(const std::vector<JobPointer>& present, const Config& config, Time now);

private:
    struct Seen {
        Phase phase;
        std::uint64_t bytes;
        std::uint64_t files;
        bool asked_to_stop;
        Time since;  // nothing changed

        bool same_as(const Seen& other) const;
    };

    std::map<std::string, Seen> seen_;  // by job id
};

}  // namespace tsb

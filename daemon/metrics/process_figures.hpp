// What the kernel tells of this process, for the metrics that all daemons have.
#pragma once

#include <cstdint>
#include <string>

namespace tsb {

struct ProcessFigures {
    double cpu_seconds = 0;
    std::uint64_t open_files = 0;
    std::uint64_t most_files = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_bytes = 0;
    double started_at = 0;  // seconds since 1970
};

/// As they are now. What cannot be read is 0. Quick: it reads /proc/self, not a disk. Thread: any.
ProcessFigures process_figures();

/// The ticks after boot at which the process of this text of /proc/PID/stat began; 0 when it is
/// malformed. Its name, the second field, may hold anything. Thread: any.
std::uint64_t start_ticks(const std::string& stat);

}  // namespace tsb

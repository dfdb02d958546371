// How much of the processor and the disk a thread may take before others: nice and ionice, of one
// thread and of those that it starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tsb {

struct ThreadPriority {
    enum class IoClass { unchanged, best_effort, idle };
    int nice = 0;  // 0 to 19, added to the process's own
    IoClass io_class = IoClass::unchanged;
    int io_level = 4;  // of best_effort: 0 first, 7 last
    bool operator==(const ThreadPriority&) const = default;
};

/// "none", "idle", "best-effort" (level 4) or "best-effort:0" to "best-effort:7" into `priority`;
/// false when it is none of them.
bool parse_io_priority(std::string_view text, ThreadPriority& priority);
/// Lowers the calling thread; threads that it starts later are as low. Nothing, or the cause when
/// the system refused. Thread: the one that is lowered.
std::optional<std::string> lower_this_thread(const ThreadPriority& priority);

}  // namespace tsb

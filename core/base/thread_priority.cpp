#include "core/base/thread_priority.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tsb {
namespace {

// linux/ioprio.h; libc has no wrapper.
constexpr int who_is_thread = 1;
constexpr int class_best_effort = 2;
constexpr int class_idle = 3;
constexpr int class_shift = 13;

int io_value(const ThreadPriority& priority) {
    if (priority.io_class == ThreadPriority::IoClass::idle) return class_idle << class_shift;
    return (class_best_effort << class_shift) | priority.io_level;
}

}  // namespace

bool parse_io_priority(std::string_view text, ThreadPriority& priority) {
    constexpr std::string_view best_effort = "best-effort";
    if (text == "none") {
        priority.io_class = ThreadPriority::IoClass::unchanged;
        return true;
    }
    if (text == "idle") {
        priority.io_class = ThreadPriority::IoClass::idle;
        return true;
    }
    if (!text.starts_with(best_effort)) return false;
    text.remove_prefix(best_effort.size());
    const bool levelled = text.size() == 2 && text[0] == ':' && text[1] >= '0' && text[1] <= '7';
    if (!text.empty() && !levelled) return false;
    priority.io_class = ThreadPriority::IoClass::best_effort;
    if (levelled) priority.io_level = text[1] - '0';
    return true;
}

std::optional<std::string> lower_this_thread(const ThreadPriority& priority) {
    // A process id of 0 would mean the main thread to nobody: both calls take thread ids.
    const auto thread = static_cast<id_t>(::gettid());
    if (priority.nice != 0) {
        errno = 0;
        const int current = ::getpriority(PRIO_PROCESS, thread);
        if (errno != 0 || ::setpriority(PRIO_PROCESS, thread, current + priority.nice) != 0) {
            return std::string("nice: ") + std::strerror(errno);
        }
    }
    if (priority.io_class != ThreadPriority::IoClass::unchanged &&
        ::syscall(SYS_ioprio_set, who_is_thread, thread, io_value(priority)) != 0) {
        return std::string("ionice: ") + std::strerror(errno);
    }
    return std::nullopt;
}

}  // namespace tsb

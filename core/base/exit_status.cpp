#include "core/base/exit_status.hpp"

#include <array>

namespace tsb {

std::span<const ExitStatus> exit_statuses() {
    static constexpr std::array rows = {
        ExitStatus{0, "all of it was done"},
        ExitStatus{1, "the operation failed"},
        ExitStatus{2, "wrong usage"},
        ExitStatus{3, "the daemon cannot be reached"},
        ExitStatus{4, "refused, for want of a right or by a guard"},
        ExitStatus{5, "unhealthy"},
        ExitStatus{78, "the configuration is refused"},
    };
    return rows;
}

}  // namespace tsb

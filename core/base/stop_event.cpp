#include "core/base/stop_event.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/base/error.hpp"

namespace tsb {
namespace {

Fd new_event() {
    Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) throw errno_error(errno, "open", "event of a request to stop");
    return event;
}

}  // namespace

int poll_timeout(SteadyTime until) {
    using std::chrono::milliseconds;
    if (until == SteadyTime::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, INT_MAX));
}

StopEvent::StopEvent(const std::stop_token& stop)
    : event_(new_event()), callback_(stop, [this] { ::eventfd_write(event_.get(), 1); }) {}

}  // namespace tsb

// For whoever waits with poll(2): a request to stop as a descriptor, and the time that is left.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "core/base/fs.hpp"

namespace tsb {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Milliseconds until `until`, rounded up so that poll(2) does not return just before; -1, for
/// ever, until SteadyTime::max(). Thread: any.
int poll_timeout(SteadyTime until);

/// Thread: any, as the token.
class StopEvent {
public:
    /// Error{io} when there is no descriptor to be had.
    explicit StopEvent(const std::stop_token& stop);
    StopEvent(const StopEvent&) = delete;
    /// Readable once stop was requested.
    int fd() const { return event_.get(); }

private:
    Fd event_;
    std::stop_callback<std::function<void()>> callback_;
};

}  // namespace tsb

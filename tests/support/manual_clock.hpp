// A clock that stands still until a test turns it.
#pragma once

#include <atomic>
#include <string>

#include "core/base/clock.hpp"

namespace tsb::test {

/// Thread: any.
class ManualClock : public Clock {
public:
    explicit ManualClock(const std::string& now) { set(now); }

    /// Somebody sets the clock: "2026-11-23T01:42:24Z".
    void set(const std::string& now) { set(from_iso8601(now)); }
    void set(SystemTime now) { now_ = now.time_since_epoch(); }
    /// Time passes.
    void advance(std::chrono::seconds by) {
        set(now() + by);
        passed_ = passed_.load() + by;
    }

    SystemTime now() const override { return SystemTime(now_.load()); }
    std::chrono::steady_clock::time_point steady_now() const override {
        return std::chrono::steady_clock::time_point(passed_.load());
    }

private:
    std::atomic<SystemTime::duration> now_;
    std::atomic<std::chrono::steady_clock::duration> passed_{
        std::chrono::steady_clock::duration::zero()};
};

}  // namespace tsb::test

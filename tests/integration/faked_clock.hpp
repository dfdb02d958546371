// A system clock for one program that stands still until the test moves it, made by libfaketime.
//
// Only the system clock is faked: timers run on, by the monotonic one. What the program starts with
// an environment of its own sees the machine's clock.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "core/base/clock.hpp"
#include "tests/support/command.hpp"
#include "tests/support/scratch.hpp"

namespace tsb::test {

class FakedClock {
public:
    /// Keeps a file in `scratch`. Throws when libfaketime is not installed.
    FakedClock(const Scratch& scratch, SystemTime now);

    /// Whole seconds. The program sees it from its next look at the clock on.
    void set(SystemTime now);
    SystemTime now() const { return now_; }

    /// The program that runs another one with this clock, as for Daemon::start_under().
    Arguments runner() const;
    /// Removes what libfaketime left of a program that was killed.
    static void clear_up_after(pid_t killed);

private:
    std::filesystem::path file_;
    std::filesystem::path timers_;
    SystemTime now_;
};

}  // namespace tsb::test

// Making a libpq connection: reads the conninfo, adds our keywords, tries each address with its
// own deadline, and says what went wrong in one error. Knows nothing of the loop.
#pragma once

#include "core/base/fs.hpp"
#include "core/pg/libpq_handle.hpp"
#include "core/pg/session.hpp"

namespace tsb {

/// Wakes a connect that waits on another thread. Thread: any.
class WakeUp {
public:
    /// Error{io} when the system has no descriptor left.
    WakeUp();
    /// From now on fd() is readable.
    void signal() const noexcept;
    int fd() const noexcept { return event_.get(); }

private:
    Fd event_;
};

/// An open, blocking-mode connection. Error{cancelled} after `wake_up` was signalled; else the
/// codes of connect_failure() and Error{config}. Thread: worker (blocks).
PgConnPtr connect_blocking(const ConnectOptions& options, const WakeUp& wake_up);

}  // namespace tsb

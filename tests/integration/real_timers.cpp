// Preloaded before libfaketime, it takes the timers of a program out of its hands. libfaketime
// takes every absolute time for one of the system clock, but asio arms its timers by the monotonic
// clock.
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

extern "C" int timerfd_settime(int timer, int flags, const itimerspec* value,
                               itimerspec* before) noexcept {
    return static_cast<int>(syscall(SYS_timerfd_settime, timer, flags, value, before));
}

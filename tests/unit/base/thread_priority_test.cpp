#include "core/base/thread_priority.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

struct Seen {
    int nice = 0;
    long io_class = 0;
    long io_level = 0;
};

Seen of_this_thread() {
    const auto thread = static_cast<id_t>(::gettid());
    const long io = ::syscall(SYS_ioprio_get, 1, thread);
    return {::getpriority(PRIO_PROCESS, thread), io >> 13, io & 0x1FFF};
}

/// What `look` sees in a new thread.
Seen in_a_thread(const std::function<Seen()>& look) {
    Seen seen;
    std::thread([&] { seen = look(); }).join();
    return seen;
}

}  // namespace

TEST_CASE("a lowered thread and those it starts are low, others are not") {
    ThreadPriority priority;
    priority.nice = 5;
    REQUIRE(parse_io_priority("best-effort:6", priority));
    const Seen before = of_this_thread();
    const auto lower = [&] {
        const auto problem = lower_this_thread(priority);
        REQUIRE_FALSE(problem);
    };
    const Seen lowered = in_a_thread([&] {
        lower();
        return of_this_thread();
    });
    const Seen started = in_a_thread([&] {
        lower();
        return in_a_thread(of_this_thread);
    });
    for (const Seen& seen : {lowered, started}) {
        CHECK(seen.nice == std::min(before.nice + 5, 19));
        CHECK(seen.io_class == 2);
        CHECK(seen.io_level == 6);
    }
    CHECK(of_this_thread().nice == before.nice);
    CHECK(of_this_thread().io_class == before.io_class);
}

TEST_CASE("disk priorities are spelled as ionice has them") {
    ThreadPriority priority;
    CHECK(parse_io_priority("idle", priority));
    CHECK(priority.io_class == ThreadPriority::IoClass::idle);
    CHECK(parse_io_priority("none", priority));
    CHECK(priority == ThreadPriority());
    for (const char* text : {"", "real-time", "best-effort:", "best-effort:8", "best-effort:10",
                             "best-effort 1", "Idle", "best-effort:-1"}) {
        CHECK_FALSE(parse_io_priority(text, priority));
    }
}

#include "daemon/log_limit.hpp"

#include "tests/support/catch.hpp"

using tsb::LogLimit;
using namespace std::chrono_literals;

namespace {

constexpr LogLimit::TimePoint start{1000s};

std::size_t admitted(LogLimit& limit, LogLimit::TimePoint now, int lines) {
    std::size_t count = 0;
    for (int i = 0; i < lines; ++i) count += limit.admits(now) ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("so many lines are written in a window, and as many in the next") {
    LogLimit limit(3, 60s);
    CHECK(admitted(limit, start, 10) == 3);
    CHECK(admitted(limit, start + 59s, 10) == 0);
    CHECK(admitted(limit, start + 60s, 10) == 3);
}

TEST_CASE("a window begins with its first line, not with the end of the one before") {
    LogLimit limit(1, 60s);
    CHECK(limit.admits(start));
    CHECK(limit.admits(start + 100s));
    CHECK_FALSE(limit.admits(start + 159s));
    CHECK(limit.admits(start + 160s));
}

TEST_CASE("lines that were not written are told once, when their window is over") {
    LogLimit limit(2, 60s);
    CHECK(limit.take_unwritten(start) == 0);
    admitted(limit, start, 7);
    CHECK(limit.take_unwritten(start + 59s) == 0);
    CHECK(limit.take_unwritten(start + 60s) == 5);
    CHECK(limit.take_unwritten(start + 60s) == 0);
}

TEST_CASE("nothing is told when nothing was left out") {
    LogLimit limit(2, 60s);
    CHECK(admitted(limit, start, 2) == 2);
    CHECK(limit.take_unwritten(start + 60s) == 0);
}

TEST_CASE("the end of all time ends the window too") {
    LogLimit limit(0, 60s);
    CHECK(admitted(limit, start, 4) == 0);
    CHECK(limit.take_unwritten(LogLimit::TimePoint::max()) == 4);
}

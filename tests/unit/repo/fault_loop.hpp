// One operation on a repository with its file-system call 1, 2, ... failing.
#pragma once

#include <functional>

#include "tests/support/fault_fs.hpp"
#include "tests/unit/repo/sample.hpp"

namespace tsb::test {

/// How an operation ended. Uncertain: it threw, and says that only a power cut may undo it.
enum class End { success, failure, uncertain, crash };
End run(const std::function<void()>& operation);

/// When check() is asked.
enum class Moment {
    at_end,         // in the same process; not after a crash
    after_restart,  // by a new process that has recovered the repository
};
enum class Cut { none, power };  // of what the new process finds

struct Loop {
    std::function<void(Scene&)> prepare;
    std::function<void(Scene&)> attempt;
    std::function<void(Scene&, End, Moment)> check;
};

/// Each turn on a new scene, until a turn meets no fault.
void run_loop(const Loop& loop, Fault fault, Cut cut);
/// run_loop() with all faults, and with those that a power cut may follow.
void run_loops(const Loop& loop);

}  // namespace tsb::test

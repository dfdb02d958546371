// One child process that is given three descriptors, an argument list and an environment, and
// nothing else of ours.
//
// Keeps: the child has descriptors 0, 1 and 2 only, default signal dispositions, an empty signal
// mask, the directory "/", and a session and process group of its own; it is reaped by the
// destructor at the latest. Does not know what the child is for nor how long it may run. SIGCHLD
// must not be ignored, and nobody else may wait for any child.
// Thread: any; one object belongs to one thread.
#pragma once

#include <sys/types.h>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.hpp"

namespace tsb {

/// What becomes of processes that a child started in its group and left running. Those that made a
/// session of their own, as servers do, are left alone in any case.
enum class Survivors { killed, left_running };

/// As whom a child runs: this user, this group, and no supplementary ones.
struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
};

struct ChildOptions {
    ChildOptions() = default;
    std::optional<Account> account;  // nothing: as whom this process runs; only root may choose
    /// The signal that the kernel sends to the child when the thread that started it has ended, and
    /// so when this process has, however it did. 0: none.
    int signal_with_thread = 0;
    int errors = -1;  // becomes descriptor 2, stays the caller's; -1: that is `output` too
};

class ChildProcess {
public:
    /// Starts `argv` (argv[0] is the path) with the environment "NAME=value" and returns when it
    /// was executed. `input` becomes its descriptor 0, `output` 1 and, unless `options` has
    /// another, 2; both stay the caller's.
    /// Error{io} naming the program with the cause of execve(2).
    ChildProcess(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                 int input, int output, const ChildOptions& options = {});
    ChildProcess(const ChildProcess&) = delete;
    /// Kills the whole group and reaps the child, unless reap() did.
    ~ChildProcess();

    /// A descriptor that polls as readable as soon as the child has ended.
    int handle() const { return handle_.get(); }
    /// Sends a signal to all of the group. Not after reap(): the number may be another's by then.
    void signal_group(int number) const;
    /// Waits for the end of the child: its status as of waitpid(2). Survivors that are to be killed
    /// are reaped as well where they became ours, as all orphans do in process 1. Once.
    int reap(Survivors survivors);

private:
    pid_t pid_ = -1;  // also that of the group; -1: reaped
    Fd handle_;
};

}  // namespace tsb

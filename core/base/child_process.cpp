#include "core/base/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/base/error.hpp"

namespace tsb {
namespace {

/// A copy that the child's own 0, 1 and 2 cannot overwrite, should the daemon run without those.
Fd above_standard(int fd, const std::string& program) {
    Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!copy) throw errno_error(errno, "run", program);
    return copy;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    // execve() takes what it does not change as char* for historical reasons.
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

/// What posix_spawn() does in the child.
class Preparation {
public:
    Preparation(int input, int output) {
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        note(posix_spawnattr_init(&attributes_));
        note(posix_spawn_file_actions_init(&actions_));
        note(posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
        note(posix_spawnattr_setsigdefault(&attributes_, &all));
        note(posix_spawnattr_setsigmask(&attributes_, &none));
        note(posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO));
        note(posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO));
        note(posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO));
        note(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));
        note(posix_spawn_file_actions_addchdir_np(&actions_, "/"));
    }
    Preparation(const Preparation&) = delete;
    ~Preparation() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    /// The child's number; 0 with errno set when it could not be started.
    pid_t spawn(char* const* argv, char* const* environment) const {
        pid_t pid = 0;
        errno = failure_ != 0
                    ? failure_
                    : posix_spawn(&pid, argv[0], &actions_, &attributes_, argv, environment);
        return errno == 0 ? pid : 0;
    }

private:
    void note(int failure) {
        if (failure_ == 0) failure_ = failure;
    }

    posix_spawnattr_t attributes_{};
    posix_spawn_file_actions_t actions_{};
    int failure_ = 0;  // the first one
};

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv,
                           const std::vector<std::string>& environment, int input, int output) {
    const std::string& program = argv.front();
    const Fd in = above_standard(input, program);
    const Fd out = above_standard(output, program);
    const Preparation preparation(in.get(), out.get());
    const pid_t pid = preparation.spawn(pointers(argv).data(), pointers(environment).data());
    if (pid == 0) throw errno_error(errno, "run", program);
    pid_ = pid;
    // By number: the header of glibc 2.36 declares the function for C alone.
    handle_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (handle_) return;
    const int number = errno;
    signal_group(SIGKILL);
    reap(Survivors::killed);
    throw errno_error(number, "watch", program);
}

ChildProcess::~ChildProcess() {
    if (pid_ < 0) return;
    signal_group(SIGKILL);
    reap(Survivors::killed);
}

void ChildProcess::signal_group(int number) const {
    ::kill(-pid_, number);
}

int ChildProcess::reap(Survivors survivors) {
    // Killed only when the child has ended, and before it is reaped: until then the group's number
    // is nobody else's.
    pollfd ended{handle_.get(), POLLIN, 0};
    while (handle_ && ::poll(&ended, 1, -1) < 0) {
    }
    if (survivors == Survivors::killed) signal_group(SIGKILL);
    const pid_t pid = std::exchange(pid_, -1);
    const pid_t whom = survivors == Survivors::killed ? -pid : pid;
    int status = 0;
    for (;;) {
        int one = 0;
        const pid_t reaped = ::waitpid(whom, &one, 0);
        if (reaped == pid) status = one;
        if (reaped < 0 && errno != EINTR) return status;
    }
}

}  // namespace tsb

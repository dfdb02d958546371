#include "core/base/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

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

/// All that the child needs until it is the program, found before there is a child.
struct Birth {
    char* const* argv;
    char* const* environment;
    int input;
    int output;
    int errors;
    int report;  // where the cause of a failure is written; execve(2) closes it
    pid_t parent;
    const ChildOptions& options;
};

// This process has threads, so its child may do little before it is another program: from here to
// execve(2) nothing allocates, locks or throws.

void take_default_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
}

void close_from(int first) {
    if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t fd = static_cast<rlim_t>(first); fd < limit.rlim_cur; ++fd) {
        ::close(static_cast<int>(fd));
    }
}

/// Where the report goes from then on, -1 with errno set when that failed.
int take_descriptors(const Birth& birth) {
    if (::dup2(birth.input, STDIN_FILENO) < 0 || ::dup2(birth.output, STDOUT_FILENO) < 0 ||
        ::dup2(birth.errors, STDERR_FILENO) < 0) {
        return -1;
    }
    constexpr int report = STDERR_FILENO + 1;
    if (birth.report != report && ::dup3(birth.report, report, O_CLOEXEC) < 0) return -1;
    close_from(report + 1);
    return report;
}

bool take_account(const Account& account) {
    return ::setgroups(0, nullptr) == 0 &&
           ::setresgid(account.gid, account.gid, account.gid) == 0 &&
           ::setresuid(account.uid, account.uid, account.uid) == 0;
}

/// After take_account(), which undoes it. A parent that has ended already sends nothing any more.
bool follow_parent(const Birth& birth) {
    if (::prctl(PR_SET_PDEATHSIG, birth.options.signal_with_thread) != 0) return false;
    if (::getppid() != birth.parent) ::_exit(EXIT_FAILURE);
    return true;
}

[[noreturn]] void become_program(const Birth& birth) {
    int report = birth.report;
    const auto prepare = [&] {
        take_default_signals();
        ::setsid();
        const int moved = take_descriptors(birth);
        if (moved < 0) return false;
        report = moved;
        if (::chdir("/") != 0) return false;
        if (birth.options.account && !take_account(*birth.options.account)) return false;
        if (birth.options.signal_with_thread != 0 && !follow_parent(birth)) return false;
        sigset_t none;
        sigemptyset(&none);
        return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
    };
    if (prepare()) ::execve(birth.argv[0], birth.argv, birth.environment);
    const int cause = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &cause, sizeof cause);
    ::_exit(EXIT_FAILURE);
}

/// No handler of ours may run in a child before it has its own dispositions.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

pid_t fork_program(const Birth& birth) {
    const SignalsBlocked blocked;
    const pid_t pid = ::fork();
    if (pid == 0) become_program(birth);
    return pid;
}

/// The cause that a child wrote before it ended; 0 when it is the program by now.
int failure_of_birth(int report) {
    int cause = 0;
    ssize_t count = 0;
    do {
        count = ::read(report, &cause, sizeof cause);
    } while (count < 0 && errno == EINTR);
    return count == 0 ? 0 : cause;
}

void wait_for(pid_t pid) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

/// Returns the number of a child that is the program.
pid_t start(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
            int input, int output, int errors, const ChildOptions& options) {
    const std::string& program = argv.front();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw errno_error(errno, "run", program);
    const Fd report(ends[0]);
    Fd pipe_end(ends[1]);
    Fd child_report = above_standard(pipe_end.get(), program);
    pipe_end.reset();
    const std::vector<char*> arguments = pointers(argv);
    const std::vector<char*> variables = pointers(environment);
    const Birth birth{arguments.data(), variables.data(),   input,      output,
                      errors,           child_report.get(), ::getpid(), options};
    const pid_t pid = fork_program(birth);
    if (pid < 0) throw errno_error(errno, "run", program);
    child_report.reset();
    const int cause = failure_of_birth(report.get());
    if (cause == 0) return pid;
    wait_for(pid);
    throw errno_error(cause, "run", program);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv,
                           const std::vector<std::string>& environment, int input, int output,
                           const ChildOptions& options) {
    const std::string& program = argv.front();
    const Fd in = above_standard(input, program);
    const Fd out = above_standard(output, program);
    const Fd err = above_standard(options.errors < 0 ? output : options.errors, program);
    pid_ = start(argv, environment, in.get(), out.get(), err.get(), options);
    // By number: the header of glibc 2.36 declares the function for C alone.
    handle_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
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

#include "core/base/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "core/base/fs.hpp"
#include "core/base/stop_event.hpp"
#include "core/base/user_entry.hpp"

namespace tsb {
namespace {

constexpr std::size_t output_limit = 4096;
constexpr std::size_t pipe_capacity = 64 << 10;

void check(bool good, const char* object) {
    if (!good) throw errno_error(errno, "open", object);
}

/// A file in memory: whether and when the program reads it is no concern of ours, as it would be
/// with a pipe.
Fd input_file(const std::string& text) {
    const char* const name = "input of a command";
    Fd file(::memfd_create(name, MFD_CLOEXEC));
    check(file.get() >= 0, name);
    write_all(real_fs(), file.get(), as_bytes(text), name);
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

/// The reading side of the program's output.
class OutputPipe {
public:
    OutputPipe() {
        std::array<int, 2> ends{};
        check(::pipe2(ends.data(), O_CLOEXEC) == 0, "output of a command");
        read_end_ = Fd(ends[0]);
        write_end_ = Fd(ends[1]);
        ::fcntl(read_end_.get(), F_SETFL, O_NONBLOCK);
    }
    int read_end() const { return read_end_.get(); }
    int write_end() const { return write_end_.get(); }
    void close_write_end() { write_end_.reset(); }

    /// One read of what is there; false when nothing is, or nothing will be.
    bool read_some() {
        std::array<char, output_limit> buffer;
        const ssize_t count = ::read(read_end_.get(), buffer.data(), buffer.size());
        if (count <= 0) return false;
        tail_.append(buffer.data(), static_cast<std::size_t>(count));
        if (tail_.size() > output_limit) tail_.erase(0, tail_.size() - output_limit);
        return true;
    }
    /// All that was there when the program ended; somebody may still be writing.
    void drain() {
        for (std::size_t i = 0; i < pipe_capacity / output_limit && read_some(); ++i) {
        }
    }
    /// What was read last, line by line printable.
    std::string text() const;

private:
    Fd read_end_;
    Fd write_end_;
    std::string tail_;
};

std::string OutputPipe::text() const {
    std::string out;
    for (std::size_t start = 0; start < tail_.size();) {
        const std::size_t end = std::min(tail_.find('\n', start), tail_.size());
        if (!out.empty()) out += '\n';
        out += printable(std::string_view(tail_).substr(start, end - start));
        start = end + 1;
    }
    return out;
}

/// Waits until the child has ended, by itself or because it was made to; how it came to that.
CommandEnd wait_for_end(const ChildProcess& child, OutputPipe& output, const StopEvent& stop,
                        const Command& command) {
    std::array<pollfd, 3> polled = {pollfd{child.handle(), POLLIN, 0},
                                    pollfd{output.read_end(), POLLIN, 0},
                                    pollfd{stop.fd(), POLLIN, 0}};
    auto& [ended, readable, stopped] = polled;
    CommandEnd end = CommandEnd::exited;
    SteadyTime deadline = std::chrono::steady_clock::now() + command.limit;
    for (;;) {
        if (::poll(polled.data(), polled.size(), poll_timeout(deadline)) < 0) continue;
        if (readable.revents != 0 && !output.read_some()) readable.fd = -1;
        if (ended.revents != 0) return end;

        const bool late = std::chrono::steady_clock::now() >= deadline;
        if (!late && stopped.revents == 0) continue;
        if (end == CommandEnd::exited) {
            end = stopped.revents != 0 ? CommandEnd::cancelled : CommandEnd::timed_out;
            stopped.fd = -1;
            stopped.revents = 0;
            child.signal_group(SIGTERM);
            deadline = std::chrono::steady_clock::now() + command.grace;
        } else {
            child.signal_group(SIGKILL);
            deadline = SteadyTime::max();
        }
    }
}

void require_runnable(const std::vector<std::string>& argv) {
    const std::string program = argv.empty() ? "" : argv.front();
    const auto refuse = [&](const char* cause) {
        throw Error(ErrorCode::config, "cannot run '" + printable(program) + "': " + cause);
    };
    if (!program.starts_with('/')) refuse("its path is not absolute");
    for (const std::string& argument : argv) {
        if (argument.find('\0') != std::string::npos) refuse("an argument holds a zero byte");
    }
}

CommandOutcome run(const Command& command, const std::stop_token& stop) {
    require_runnable(command.argv);
    CommandOutcome outcome;
    const StopEvent stop_event(stop);
    OutputPipe output;
    ChildOptions options;
    options.account = command.account;
    options.errors = output.write_end();
    const int results = command.output < 0 ? output.write_end() : command.output;
    ChildProcess child(command.argv, clean_environment(command.account, command.environment),
                       input_file(command.input).get(), results, options);
    output.close_write_end();
    outcome.end = wait_for_end(child, output, stop_event, command);
    const int status = child.reap(command.survivors);
    output.drain();
    if (outcome.end == CommandEnd::exited && WIFSIGNALED(status)) {
        outcome.end = CommandEnd::signalled;
    }
    outcome.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    outcome.output = output.text();
    return outcome;
}

std::string what_happened(const Command& command, const CommandOutcome& outcome) {
    switch (outcome.end) {
        case CommandEnd::exited:
            return "exit status " + std::to_string(outcome.status);
        case CommandEnd::signalled:
            return "ended by signal " + std::to_string(outcome.status);
        case CommandEnd::timed_out:
            return "not done within " + std::to_string(command.limit.count()) + " s";
        case CommandEnd::cancelled:
            return "asked to stop";
        case CommandEnd::not_started:
            break;
    }
    return "not started";
}

}  // namespace

std::vector<std::string> clean_environment(const std::optional<Account>& account,
                                           const std::vector<std::string>& added) {
    std::vector<std::string> all = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
    const auto user = user_entry(account ? account->uid : ::geteuid());
    if (user) all.push_back("HOME=" + user->home);
    all.insert(all.end(), added.begin(), added.end());
    return all;
}

CommandOutcome run_command(const Command& command, const std::stop_token& stop) {
    CommandOutcome outcome;
    if (stop.stop_requested()) {
        outcome.end = CommandEnd::cancelled;
        return outcome;
    }
    try {
        return run(command, stop);
    } catch (const Error& error) {
        outcome.cause = error.what();
        return outcome;
    }
}

std::optional<Error> failure_of(const Command& command, const CommandOutcome& outcome) {
    if (outcome.succeeded()) return std::nullopt;
    if (!outcome.cause.empty()) return Error(ErrorCode::command_failed, outcome.cause);
    std::string message =
        "cannot run '" + printable(command.argv.front()) + "': " + what_happened(command, outcome);
    const std::size_t last_line = outcome.output.rfind('\n') + 1;
    if (!outcome.output.empty()) message += ": " + outcome.output.substr(last_line);
    const bool cancelled = outcome.end == CommandEnd::cancelled;
    return Error(cancelled ? ErrorCode::cancelled : ErrorCode::command_failed, message);
}

}  // namespace tsb

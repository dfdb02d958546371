#include "core/ops/postmaster.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <deque>
#include <fstream>

#include "core/base/command.hpp"
#include "core/base/error.hpp"
#include "core/base/fs.hpp"
#include "core/base/human.hpp"
#include "core/base/whole_number.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr int look_every_ms = 200;
constexpr std::size_t longest_line = 500;
constexpr std::streamoff log_tail = 64 << 10;

pid_t pid_in(const fsys::path& data_directory) {
    std::ifstream file(data_directory / postmaster_pid_file);
    std::string line;
    std::getline(file, line);
    const auto pid = parse_whole<std::uint32_t>(line);
    return pid && *pid > 1 ? static_cast<pid_t>(*pid) : 0;
}

fsys::path in_proc(pid_t pid, const char* name) {
    return fsys::path("/proc") / std::to_string(pid) / name;
}

bool is_postgres(pid_t pid) {
    std::ifstream file(in_proc(pid, "comm"));
    std::string name;
    std::getline(file, name);
    return name.starts_with("postgres") || name.starts_with("postmaster");
}

PostmasterSight::Kind kind_of_process(pid_t pid, const fsys::path& data_directory) {
    struct stat works_in {};
    struct stat data {};
    if (::stat(in_proc(pid, "cwd").c_str(), &works_in) != 0) {
        return errno == EACCES && is_postgres(pid) ? PostmasterSight::Kind::unknown
                                                   : PostmasterSight::Kind::none;
    }
    const bool same = ::stat(data_directory.c_str(), &data) == 0 &&
                      works_in.st_dev == data.st_dev && works_in.st_ino == data.st_ino;
    return same ? PostmasterSight::Kind::running : PostmasterSight::Kind::none;
}

Fd process_handle(pid_t pid) {
    return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// True once the process has ended.
bool ended_within(int handle, int milliseconds) {
    pollfd each{handle, POLLIN, 0};
    return ::poll(&each, 1, milliseconds) > 0;
}

void wait_for_end(const Fd& handle, std::chrono::seconds limit, const std::stop_token& stop) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!ended_within(handle.get(), look_every_ms)) {
        if (stop.stop_requested()) {
            throw Error(ErrorCode::cancelled, "stopped while the server was shutting down");
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw Error(ErrorCode::stalled,
                        "the server did not shut down within " + human_duration(limit),
                        "stop it by hand, then restore again; nothing was changed");
        }
    }
}

}  // namespace

PostmasterSight look_for_postmaster(const fsys::path& data_directory) {
    PostmasterSight sight;
    sight.pid = pid_in(data_directory);
    if (sight.pid == 0) return sight;
    sight.kind = kind_of_process(sight.pid, data_directory);
    sight.may_signal = sight.kind == PostmasterSight::Kind::running && ::kill(sight.pid, 0) == 0;
    return sight;
}

bool has_postmaster_file(const fsys::path& data_directory) {
    std::error_code ignored;
    return fsys::exists(data_directory / postmaster_pid_file, ignored);
}

void stop_postmaster(const PostmasterSight& postmaster, std::chrono::seconds limit,
                     const std::stop_token& stop) {
    const Fd handle = process_handle(postmaster.pid);
    if (!handle && errno == ESRCH) return;
    const bool asked =
        handle && ::syscall(SYS_pidfd_send_signal, handle.get(), SIGINT, nullptr, 0) == 0;
    if (!asked && errno == ESRCH) return;
    if (!asked) {
        throw Error(ErrorCode::refused,
                    "cannot stop the server: process " + std::to_string(postmaster.pid) +
                        " may not be signalled",
                    "set restore.stop_command of the cluster, or stop the server");
    }
    wait_for_end(handle, limit, stop);
}

void await_postmaster_end(const fsys::path& data_directory, std::chrono::seconds limit,
                          const std::stop_token& stop) {
    const PostmasterSight postmaster = look_for_postmaster(data_directory);
    if (!postmaster.seen()) return;
    const Fd handle = process_handle(postmaster.pid);
    if (handle) wait_for_end(handle, limit, stop);
}

void run_server_command(const std::vector<std::string>& argv, std::chrono::seconds limit,
                        const std::stop_token& stop) {
    Command command(argv);
    command.limit = limit;
    command.survivors = Survivors::left_running;
    const CommandOutcome outcome = run_command(command, stop);
    if (const std::optional<Error> failure = failure_of(command, outcome)) throw Error(*failure);
}

fsys::path server_log_file(const fsys::path& data_directory) {
    std::ifstream collected(data_directory / "current_logfiles");
    for (std::string line; std::getline(collected, line);) {
        const std::size_t space = line.find(' ');
        if (space == std::string::npos || line.substr(0, space) != "stderr") continue;
        fsys::path log = data_directory / line.substr(space + 1);  // an absolute one stays
        std::error_code ignored;
        if (fsys::is_regular_file(log, ignored)) return log;
    }
    const PostmasterSight postmaster = look_for_postmaster(data_directory);
    if (postmaster.kind != PostmasterSight::Kind::running) return {};
    std::error_code failed;
    fsys::path log = fsys::read_symlink(in_proc(postmaster.pid, "fd") / "2", failed);
    return !failed && fsys::is_regular_file(log, failed) ? log : fsys::path();
}

std::vector<std::string> last_lines(const fsys::path& log, std::size_t count) {
    std::ifstream file(log, std::ios::binary | std::ios::ate);
    if (log.empty() || !file) return {};
    file.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(file.tellg()) - log_tail));
    std::deque<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(printable(line.substr(0, longest_line)));
        if (lines.size() > count) lines.pop_front();
    }
    return {lines.begin(), lines.end()};
}

}  // namespace tsb

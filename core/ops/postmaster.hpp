// The server that runs on a data directory, as postmaster.pid and /proc show it; ending it.
//
// Does not start servers, and does not ask them anything. A server in another pid namespace is not
// seen. Source: PostgreSQL documentation, "Database File Layout" and "Shutting Down the Server".
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace tsb {

inline constexpr const char* postmaster_pid_file = "postmaster.pid";

struct PostmasterSight {
    enum class Kind {
        none,     // no postmaster.pid, or of a process that is gone or does something else
        running,  // its working directory is this data directory
        unknown,  // a PostgreSQL process that may be it; where it works may not be looked at
    };
    PostmasterSight() = default;
    Kind kind = Kind::none;
    pid_t pid = 0;
    bool may_signal = false;

    bool seen() const { return kind != Kind::none; }
};

/// Thread: any (reads the disk).
PostmasterSight look_for_postmaster(const std::filesystem::path& data_directory);
/// Whether there is a postmaster.pid at all, whosever. Thread: any (reads the disk).
bool has_postmaster_file(const std::filesystem::path& data_directory);

/// Asks `postmaster` for a fast shutdown and waits for its end. Error{refused} when it may not be
/// signalled, Error{stalled} past the limit, Error{cancelled}. Thread: worker (blocks).
void stop_postmaster(const PostmasterSight& postmaster, std::chrono::seconds limit,
                     const std::stop_token& stop);
/// Waits for the end of the server of a directory, which something else ends. Errors as above.
void await_postmaster_end(const std::filesystem::path& data_directory, std::chrono::seconds limit,
                          const std::stop_token& stop);

/// Runs the configured command that stops or starts the server; what it starts is left running.
/// Error{command_failed}, {cancelled}. Thread: worker (blocks).
void run_server_command(const std::vector<std::string>& argv, std::chrono::seconds limit,
                        const std::stop_token& stop);

/// Where the server of a directory writes its log, as far as that can be found out: the newest file
/// of its logging collector, or the file that its standard error is. Empty when nothing is found.
/// Thread: any (reads the disk).
std::filesystem::path server_log_file(const std::filesystem::path& data_directory);
/// The last lines of a log, each printable; none when it cannot be read. Thread: any.
std::vector<std::string> last_lines(const std::filesystem::path& log, std::size_t count);

}  // namespace tsb

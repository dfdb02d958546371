// Runs programs for the tests: to their end, or beside the test.
//
// Every program dies with the test process, however that ends. As root, programs can be run as the
// user "postgres", since servers refuse root. Nothing here touches processes it did not start.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tsb::test {

using Arguments = std::vector<std::string>;

struct CommandResult {
    int status = 0;  // exit status, or 128 + signal
    std::string out;
    std::string err;
    rusage usage{};  // of the program and of those it waited for
};

struct RunOptions {
    RunOptions() = default;
    std::vector<std::pair<std::string, std::string>> environment;  // added to the test's own
    std::string input;
    bool as_server_user = false;
    std::chrono::seconds limit{300};
};

/// The account servers run under: "postgres" as root, empty for "the one who runs the tests".
std::string server_user();

/// Runs `argv` to its end; throws std::runtime_error when it outlives the limit (and kills it).
CommandResult run(const Arguments& argv, const RunOptions& options = {});
/// The same, for steps that must work: throws with everything it printed unless it exits with 0.
std::string must_run(const Arguments& argv, const RunOptions& options = {});

/// True when the process has ended, or waits only for init to take note of it.
bool is_gone(pid_t pid);

/// A program beside the test. Its output goes to a file. Killed and reaped by the destructor.
class Background {
public:
    Background() = default;
    Background(const Arguments& argv, const RunOptions& options, const std::filesystem::path& log);
    Background(Background&& other) noexcept;
    Background& operator=(Background&& other) noexcept;
    ~Background();

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number);
    /// Exit status or 128 + signal; throws when it does not end within `limit`.
    int wait(std::chrono::seconds limit = std::chrono::seconds{60});

private:
    bool reap(int timeout_ms);

    pid_t pid_ = -1;
    int status_ = -1;
    bool ended_ = true;
};

/// True as soon as `condition` holds; false when it still does not after `limit`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::seconds limit = std::chrono::seconds{60});

/// With a blank between each two.
std::string joined(const Arguments& argv);
bool contains(const std::string& text, const std::string& part);
std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace tsb::test

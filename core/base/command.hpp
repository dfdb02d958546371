// Runs one configured program to its end: an argument list without a shell, a clean environment,
// text on standard input, a time limit.
//
// Keeps: run_command() returns soon after the limit or a request to stop, whatever the program
// does with its input, its output, its signals and its children; no secret of ours reaches it by
// environment or descriptors (I8). Does not log and does not judge: failure_of() does.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/child_process.hpp"
#include "core/base/error.hpp"

namespace tsb {

struct Command {
    explicit Command(std::vector<std::string> a) : argv(std::move(a)) {}
    std::vector<std::string> argv;         // argv[0]: absolute path of the program
    std::string input;                     // all of its standard input
    std::vector<std::string> environment;  // "NAME=value" beside PATH, LANG and HOME; no secrets
    std::chrono::seconds limit{60};
    std::chrono::milliseconds grace{2000};  // between SIGTERM and SIGKILL
    Survivors survivors = Survivors::killed;
    std::optional<Account> account;  // as whom it runs; only root may choose
    /// Becomes its standard output: only what it prints as errors is kept then. -1: both are kept.
    int output = -1;
};

enum class CommandEnd { exited, signalled, timed_out, cancelled, not_started };

struct CommandOutcome {
    CommandEnd end = CommandEnd::not_started;
    int status = 0;      // exit status, or the signal that ended it
    std::string cause;   // why it was not started, as a whole message
    std::string output;  // the last 4 KiB of what it printed, each line printable()

    bool succeeded() const { return end == CommandEnd::exited && status == 0; }
};

/// PATH, LANG, the HOME of `account` (nothing: of whom this process runs as), and what is `added`.
std::vector<std::string> clean_environment(const std::optional<Account>& account,
                                           const std::vector<std::string>& added);

/// Runs `command` until it ends; past its limit, or when `stop` is requested, its process group
/// gets SIGTERM and after its grace SIGKILL. The program is reaped in any case. Its output is read
/// until it ends: what a survivor prints later is lost. Thread: worker (blocks).
CommandOutcome run_command(const Command& command, const std::stop_token& stop);

/// Nothing when the command succeeded; else Error{cancelled}, or Error{command_failed} with what
/// happened and the last line it printed.
std::optional<Error> failure_of(const Command& command, const CommandOutcome& outcome);

}  // namespace tsb

// Logging to standard error through spdlog, synchronously, so that the last lines before a crash
// are there. With JOURNAL_STREAM set each line begins with its journald priority.
// Thread: any. Messages have their control bytes escaped and never hold a secret (I8).
#pragma once

#include <string>
#include <string_view>

namespace tsb {

enum class LogLevel { debug, info, warning, error };

/// Sets the level below which lines are dropped; call once in main before the first line.
void set_up_log(LogLevel level);
/// Writes one line; `job` (may be empty) is shown as job=<id>.
void log(LogLevel level, std::string_view job, std::string_view message);

}  // namespace tsb

// Logging to standard error through spdlog, synchronously, so that the last lines before a crash
// are there. Text lines begin with their journald priority where JOURNAL_STREAM is set; JSON lines
// are objects with time, level, job and message.
// Thread: any. Messages have their control bytes escaped and never hold a secret (I8).
#pragma once

#include <string>
#include <string_view>

namespace tsb {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// Sets the level below which lines are dropped, and what lines look like; may be called again at
/// any time.
void set_up_log(LogLevel level, LogFormat format = LogFormat::text);
/// Writes one line; `job` (may be empty) is shown as job=<id>.
void log(LogLevel level, std::string_view job, std::string_view message);

}  // namespace tsb

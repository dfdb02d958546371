// What a log line looks like, apart from where it goes.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"

namespace tsb {

enum class LogTarget { terminal, journal, json };

/// "2026-11-23T01:02:03Z info  job=x message", or "<6>job=x message" for the journal, which adds
/// the time itself, or {"time":"2026-11-23T01:02:03Z","level":"info","job":"x","message":"..."}
/// (without "job" when there is none). No newline at the end; control bytes of `job` and `message`
/// are escaped.
std::string log_line(LogTarget target, LogLevel level, SystemTime time, std::string_view job,
                     std::string_view message);

}  // namespace tsb

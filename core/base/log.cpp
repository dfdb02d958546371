#include "core/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "core/base/error.hpp"
#include "core/base/log_line.hpp"

namespace tsb {
namespace {

struct LevelRow {
    spdlog::level::level_enum spdlog;
    std::string_view label;
    std::string_view word;
    std::string_view journal_priority;
};

const LevelRow& row_of(LogLevel level) {
    static constexpr std::array rows = {
        LevelRow{spdlog::level::debug, "debug", "debug", "<7>"},
        LevelRow{spdlog::level::info, "info ", "info", "<6>"},
        LevelRow{spdlog::level::warn, "warn ", "warning", "<4>"},
        LevelRow{spdlog::level::err, "error", "error", "<3>"},
    };
    return rows.at(static_cast<std::size_t>(level));
}

LogTarget text_target() {
    static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    return journal ? LogTarget::journal : LogTarget::terminal;
}

/// A JSON string. What printable() gives is UTF-8 without control bytes.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string json_line(LogLevel level, SystemTime time, std::string_view job,
                      std::string_view message) {
    std::string line = R"({"time":")" + to_iso8601(time) + R"(","level":)";
    line += quoted(row_of(level).word);
    if (!job.empty()) line += ",\"job\":" + quoted(job);
    return line + ",\"message\":" + quoted(message) + "}";
}

struct Output {
    Output() {
        logger.set_pattern("%v");
        logger.set_level(spdlog::level::info);
        logger.flush_on(spdlog::level::trace);
    }
    spdlog::logger logger{"tsbackup", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
    std::atomic<LogTarget> target = text_target();
};

Output& output() {
    static Output instance;
    return instance;
}

}  // namespace

std::string log_line(LogTarget target, LogLevel level, SystemTime time, std::string_view job,
                     std::string_view message) {
    if (target == LogTarget::json) return json_line(level, time, job, message);
    std::string line = target == LogTarget::journal
                           ? std::string(row_of(level).journal_priority)
                           : to_iso8601(time) + " " + std::string(row_of(level).label) + " ";
    if (!job.empty()) line += "job=" + printable(job) + " ";
    return line + printable(message);
}

void set_up_log(LogLevel level, LogFormat format) {
    output().logger.set_level(row_of(level).spdlog);
    output().target = format == LogFormat::json ? LogTarget::json : text_target();
}

void log(LogLevel level, std::string_view job, std::string_view message) {
    Output& to = output();
    const auto spdlog_level = row_of(level).spdlog;
    if (!to.logger.should_log(spdlog_level)) return;
    const std::string line = log_line(to.target, level, system_clock().now(), job, message);
    to.logger.log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace tsb

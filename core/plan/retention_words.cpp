#include "core/plan/retention_words.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/base/error.hpp"
#include "core/base/human.hpp"

namespace tsb::retention_words {

std::string pinned(const std::string& reason) {
    return reason.empty() ? "pinned" : "pinned: " + printable(reason);
}

std::string in_use(const std::string& use) {
    return "in use: " + printable(use);
}

std::string condition(BackupCondition condition) {
    switch (condition) {
        case BackupCondition::good:
            return "good";
        case BackupCondition::damaged:
            return "damaged: remove it by hand or with delete";
        case BackupCondition::broken:
            return "broken: remove it by hand or with delete";
        case BackupCondition::in_progress:
            return "in progress";
    }
    return {};
}

std::string from_future(SystemTime stopped_at) {
    return "ended in the future, at " + to_iso8601(stopped_at) + ": a clock was or is wrong";
}

std::string at_least(unsigned min_keep) {
    return fmt::format("one of at least {} (min_keep)", min_keep);
}

std::string among_last(unsigned count) {
    return count == 1 ? "the last one" : fmt::format("one of the last {}", count);
}

std::string not_among_last(unsigned count) {
    return count == 1 ? "not the last one" : fmt::format("not among the last {}", count);
}

std::string within(std::chrono::seconds span) {
    return fmt::format("within {} of the newest", human_duration(span));
}

std::string not_within(std::chrono::seconds span) {
    return fmt::format("more than {} before the newest", human_duration(span));
}

std::string newest_of(Period period, const std::string& name) {
    return fmt::format("newest of {} {}", to_string(period), name);
}

std::string not_newest_of(Period period, const std::string& name) {
    return "not the " + newest_of(period, name);
}

std::string period_past(Period period, const std::string& name, unsigned count) {
    return fmt::format("{} {} is not among the last {}", to_string(period), name, count);
}

std::string counted_apart(std::uint64_t system_identifier) {
    return fmt::format("counted apart, as of system {}", system_identifier);
}

}  // namespace tsb::retention_words

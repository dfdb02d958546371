// One item of a cluster's schedule, as the file has it: when, and what then runs.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/plan/schedule_entry.hpp"

namespace tsb {

struct ScheduleConfig {
    std::string job = "backup";  // or "verify", "drill"
    std::optional<CronExpression> cron;
    std::chrono::seconds every{0};  // 0: not given
    TimeZone zone = TimeZone::machine();
    std::chrono::seconds jitter{0};
    std::vector<std::string> windows;
    std::vector<std::string> blackouts;
    CatchUp catch_up = CatchUp::latest;
    std::optional<std::chrono::seconds> max_age;
    /// Arguments of the verb backup, checked like those of the cluster's own keys.
    std::map<std::string, std::string> backup_args;

    bool operator==(const ScheduleConfig&) const = default;
};

/// When it runs. Throws Error{config} where its parts do not fit each other. Thread: any.
ScheduleEntry schedule_entry(const ScheduleConfig& config);

}  // namespace tsb

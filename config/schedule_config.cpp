#include "config/schedule_config.hpp"

#include "core/base/error.hpp"

namespace tsb {
namespace {

ScheduleEntry timed_entry(const ScheduleConfig& config) {
    const bool repeats = config.every != std::chrono::seconds(0);
    if (config.cron && repeats) {
        throw Error(ErrorCode::config, "expected either cron or every, not both");
    }
    if (config.cron) return {config.job, *config.cron};
    if (repeats) return {config.job, config.every};
    throw Error(ErrorCode::config,
                "expected one of cron and every, such as cron: \"0 2 * * *\" or every: 6h");
}

}  // namespace

ScheduleEntry schedule_entry(const ScheduleConfig& config) {
    if (config.job != "backup" && !config.backup_args.empty()) {
        throw Error(ErrorCode::config, "expected no section backup where the job is " + config.job);
    }
    ScheduleEntry entry = timed_entry(config);
    entry.zone = config.zone;
    entry.jitter = config.jitter;
    entry.hours = RunHours::parse(config.windows, config.blackouts);
    entry.catch_up = config.catch_up;
    entry.max_age = config.max_age;
    entry.check();
    return entry;
}

}  // namespace tsb

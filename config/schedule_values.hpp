// The values of schedule keys: as config/values.hpp. Thread: any.
#pragma once

#include <map>

#include "config/schedule_config.hpp"
#include "config/values.hpp"

namespace tsb {

/// Texts of overridden options by the argument of the verb backup.
using BackupArgs = std::map<std::string, std::string>;

ValueResult store_scheduled_job(const std::string& text, std::string& into);
ValueResult store_cron(const std::string& text, std::optional<CronExpression>& into);
/// "machine", or a name of the IANA database.
ValueResult store_zone(const std::string& text, TimeZone& into);
ValueResult append_span(const std::string& text, std::vector<std::string>& into);
ValueResult store_catch_up(const std::string& text, CatchUp& into);
/// 1 minute to 366 days.
ValueResult store_every(const std::string& text, std::chrono::seconds& into);
/// Up to 1 day.
ValueResult store_jitter(const std::string& text, std::chrono::seconds& into);
/// Any duration.
ValueResult store_period(const std::string& text, std::chrono::seconds& into);
/// A duration that is not 0.
ValueResult store_limit(const std::string& text, std::optional<std::chrono::seconds>& into);
/// 1 minute to 30 days.
ValueResult store_job_limit(const std::string& text, std::chrono::seconds& into);
/// "auto" (0), or a duration that is not 0.
ValueResult store_max_age(const std::string& text, std::chrono::seconds& into);

ValueResult override_compression(const std::string& text, BackupArgs& into);
ValueResult override_format(const std::string& text, BackupArgs& into);
ValueResult override_checkpoint(const std::string& text, BackupArgs& into);
ValueResult override_rate(const std::string& text, BackupArgs& into);
ValueResult override_label(const std::string& text, BackupArgs& into);

}  // namespace tsb

// The words in which retention gives its reasons, all in one place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/plan/period.hpp"
#include "core/plan/retention.hpp"

namespace tsb::retention_words {

inline constexpr const char* keeps_everything = "policy keeps everything";

std::string pinned(const std::string& reason);
std::string in_use(const std::string& use);
/// Of a backup that is not good.
std::string condition(BackupCondition condition);
std::string from_future(SystemTime stopped_at);

inline constexpr const char* newest_good = "the newest good backup";
std::string at_least(unsigned min_keep);

std::string among_last(unsigned count);
std::string not_among_last(unsigned count);
std::string within(std::chrono::seconds span);
std::string not_within(std::chrono::seconds span);
/// `name` as period_name() gives it.
std::string newest_of(Period period, const std::string& name);
std::string not_newest_of(Period period, const std::string& name);
std::string period_past(Period period, const std::string& name, unsigned count);

/// Said last of backups of another server than the one of the newest backup.
std::string counted_apart(std::uint64_t system_identifier);

}  // namespace tsb::retention_words

// Which backup a user means: an id, "latest", or "latest-before TIME".
#pragma once

#include <string>

#include "core/base/clock.hpp"
#include "core/plan/time_zone.hpp"
#include "core/repo/backup_entry.hpp"

namespace tsb {

/// True for "latest-before ...".
bool is_choice_by_time(const std::string& wanted);
/// True for "latest" and "latest-before ...", which any cluster may have.
bool is_relative_choice(const std::string& wanted);

/// "2026-11-23", "2026-11-23 14:05", "2026-11-23 14:05:30" as the clocks of `zone` show it (also
/// with a T between), or "2026-11-23T14:05:30Z". Error{usage} otherwise. Pure.
SystemTime parse_moment(const std::string& text, const TimeZone& zone);

/// The id that `wanted` means among a cluster's backups (oldest first). "latest-before TIME" is the
/// newest good one whose end is not later than TIME: what happened after TIME is not in it.
/// Error{usage}, Error{not_found}. Other choices are given back as they are. Pure.
std::string choose_backup(const std::string& wanted, const std::vector<BackupEntry>& backups,
                          const TimeZone& zone);

}  // namespace tsb

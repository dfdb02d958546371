// How long a restore may take, told from what was measured here before: for the plan of a restore.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/repo/repository.hpp"

namespace tsb {

/// Whether the server is stopped and started as well, which takes a time of its own.
enum class RestoreWay { elsewhere, in_place };

/// From `history`, the cluster's jobs, oldest first, and `backups`, its backups: at the speed of
/// the last restore of that way, else of the other way, else of the last drill, else as a verify
/// went: that reads the same without writing it. At least a second; nothing where none of them has
/// been done. Pure.
std::optional<std::chrono::seconds> expected_restore_time(const std::vector<JobRecord>& history,
                                                          const std::vector<BackupEntry>& backups,
                                                          const Metadata& backup, RestoreWay way);

}  // namespace tsb

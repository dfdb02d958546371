// The settings that make a restored cluster replay to the end of its backup and then promote
// itself onto a new timeline. Source: PostgreSQL documentation, "Recovery Target".
#pragma once

#include <string>
#include <string_view>

namespace tsb {

/// `auto_conf` (postgresql.auto.conf of the backup) with our settings at the end. Recovery
/// settings that were in it are left out: two targets at once are an error at start. Pure.
std::string with_recovery_settings(std::string_view auto_conf, std::string_view backup_id);

}  // namespace tsb

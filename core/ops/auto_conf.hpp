// The settings that make a restored cluster replay the WAL of its backup and then promote itself
// onto a new timeline, whatever else its configuration says about recovery. Source: PostgreSQL
// documentation, "Archive Recovery" and "Recovery Target".
#pragma once

#include <string>
#include <string_view>

namespace tsb {

/// `auto_conf` (postgresql.auto.conf of the backup) with our settings at the end. Recovery
/// settings that were in it, ours of an earlier restore too, are left out. Pure.
std::string with_recovery_settings(std::string_view auto_conf, std::string_view backup_id);

/// `auto_conf` without the settings that the function above put there; others, whenever they were
/// made, stay. Pure.
std::string without_our_recovery_settings(std::string_view auto_conf);

}  // namespace tsb

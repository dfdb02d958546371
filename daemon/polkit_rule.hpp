// The polkit rule that lets the daemon's user start and stop PostgreSQL by systemctl for a restore
// in place: what the configuration's stop_command and start_command do, and nothing else.
//
// Made from the configuration, so that it cannot name other units than that does. JavaScript, as
// polkit 0.106 and later read it (Debian 12 and 13); older ones have another format.
#pragma once

#include <map>
#include <set>
#include <string>

#include "config/config.hpp"

namespace tsb {

/// What systemctl is configured to do: verbs ("start", "stop", "restart", ...) by unit, with its
/// suffix. Commands that do not run systemctl need no rule. Thread: any.
std::map<std::string, std::set<std::string>> unit_verbs(const Config& config);

/// The text of a .rules file that allows `user` just that, without a password. Error{config} when
/// no command runs systemctl, Error{usage} when `user` cannot be a user's name. Thread: any.
std::string polkit_rule(const Config& config, const std::string& user);

}  // namespace tsb

// What the two programs are told on their command lines: the one place that names their global
// options. Their mains, their help, the manual pages and the completions come from it.
#pragma once

#include "daemon/ctl/command_line.hpp"

namespace tsb {

inline constexpr const char* default_socket = "/run/tsbackup/control.sock";
inline constexpr const char* default_config = "/etc/tsbackup/tsbackup.yaml";

/// Of tsbackupctl. Thread: any.
ProgramSpec client_program();
/// Of tsbackupd. Thread: any.
ProgramSpec daemon_program();

}  // namespace tsb

// Taking over a changed configuration file: all of it or nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace tsb {

/// What differs between two configurations, one sentence each, for the log and the reply; empty
/// when nothing does. Thread: any.
std::vector<std::string> differences(const Config& before, const Config& after);

/// Whether hooks or webhooks are others. Thread: any.
bool tells_others(const Config& before, const Config& after);

/// Error{refused} when `after` differs from `before` in what only a start can change: the
/// repository and the control socket. Thread: any.
void require_reloadable(const Config& before, const Config& after);

}  // namespace tsb

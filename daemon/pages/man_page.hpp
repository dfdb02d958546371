// The generated parts of the manual pages, in the macros of man(7). The prose between them stands
// in the templates beside this file.
#pragma once

#include <string>
#include <string_view>

#include "daemon/ctl/command_line.hpp"

namespace tsb::pages {

/// `text` so that roff prints it as it stands; "-" becomes a minus, which can be copied.
/// Thread: any.
std::string roff(std::string_view text);

/// A section .SS for each verb: usage, summary, options. Thread: any.
std::string commands_part(const ProgramSpec& program);
/// The global options. Thread: any.
std::string options_part(const ProgramSpec& program);
/// The exit codes, with the names of the errors that give them. Thread: any.
std::string exit_part();
/// Every key of the configuration: what it takes, its default, what it does. Thread: any.
std::string keys_part();

}  // namespace tsb::pages

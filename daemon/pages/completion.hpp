// The generated parts of the completion scripts: what stands on a command line, and what completes
// it. How a shell goes about it stands in the templates beside this file.
#pragma once

#include <string>
#include <string_view>

#include "daemon/ctl/command_line.hpp"

namespace tsb::pages {

/// What completes a value: "backups", "clusters", "jobs" (asked of the daemon), "files",
/// "directories", "users", "words A B ..." or, where nobody can tell, "nothing". Thread: any.
std::string offer_for(std::string_view placeholder, std::string_view choices = {});

/// The names of the verbs, a blank between them. Thread: any.
std::string verb_words(const ProgramSpec& program);

// What the templates have a name for. Thread: any.
std::string bash_options(const ProgramSpec& program);
std::string bash_values(const ProgramSpec& program);

std::string zsh_globals(const ProgramSpec& program);
std::string zsh_verbs(const ProgramSpec& program);
std::string zsh_arguments(const ProgramSpec& program);

/// Names of all options with a value, a blank between them.
std::string fish_valued(const ProgramSpec& program);
std::string fish_lines(const ProgramSpec& program);

}  // namespace tsb::pages

// What real shells offer when a person presses the tabulator: for the tests of the completion
// scripts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command.hpp"

namespace tsb::test {

enum class Shell { bash, zsh, fish };

/// The words that `shell` offers for each of `lines`, whose last word is the one being typed and
/// may be empty. `pages` holds the scripts. Throws when the shell fails or does not answer.
std::vector<std::vector<std::string>> offers(Shell shell, const std::filesystem::path& pages,
                                             const std::vector<Arguments>& lines,
                                             const RunOptions& options = {});

/// The same for one line.
std::vector<std::string> offer(Shell shell, const std::filesystem::path& pages,
                               const Arguments& line, const RunOptions& options = {});

}  // namespace tsb::test

#include "tests/support/shell_completion.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace tsb::test {
namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;

// Each reads lines, words apart by one blank, and ends the answer to each by a line "--".
constexpr const char* bash_script = R"(
for script in "$1"/*.bash; do source "$script"; done
while IFS= read -r line; do
    COMP_WORDS=()
    while [[ $line == *' '* ]]; do COMP_WORDS+=("${line%% *}"); line=${line#* }; done
    COMP_WORDS+=("$line")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _"${COMP_WORDS[0]}"
    ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
    printf '%s\n' --
done
)";
constexpr const char* fish_script = R"(
for script in $argv[1]/*.fish; source $script; end
while read -l line
    complete -C "$line" | string replace -r '\t.*' ''
    printf '%s\n' --
end
)";

Arguments command_of(Shell shell, const fs::path& pages) {
    switch (shell) {
        case Shell::bash:
            return {"bash", "--norc", "-c", bash_script, "bash", pages};
        case Shell::fish:
            return {"fish", "--no-config", "-c", fish_script, pages};
        case Shell::zsh:
            break;
    }
    return {"zsh", "-f", TSB_ZSH_COMPLETE, pages};
}

}  // namespace

std::vector<Words> offers(Shell shell, const fs::path& pages, const std::vector<Arguments>& lines,
                          const RunOptions& options) {
    RunOptions with_lines = options;
    for (const Arguments& line : lines) with_lines.input += joined(line) + "\n";
    const std::string out = must_run(command_of(shell, pages), with_lines);
    std::vector<Words> answers(1);
    std::istringstream text(out);
    for (std::string line; std::getline(text, line);) {
        if (line == "--") {
            answers.emplace_back();
        } else if (std::find(answers.back().begin(), answers.back().end(), line) ==
                   answers.back().end()) {
            answers.back().push_back(line);
        }
    }
    answers.pop_back();
    if (answers.size() != lines.size()) throw std::runtime_error("the shell answered: " + out);
    return answers;
}

Words offer(Shell shell, const fs::path& pages, const Arguments& line, const RunOptions& options) {
    return offers(shell, pages, {line}, options).front();
}

}  // namespace tsb::test

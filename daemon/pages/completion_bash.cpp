#include <spdlog/fmt/fmt.h>

#include "daemon/pages/completion.hpp"

namespace tsb::pages {
namespace {

std::string case_line(const std::string& pattern, const std::string& words) {
    return fmt::format("    {}) echo '{}' ;;\n", pattern, words);
}

}  // namespace

std::string bash_options(const ProgramSpec& program) {
    std::string globals;
    for (const GlobalOption& option : shown_globals(program)) globals += " --" + option.name;
    std::string out;
    for (const VerbSpec* verb : program.verbs) {
        std::string words;
        for (const ArgSpec& arg : verb->args) words += "--" + std::string(arg.name) + " ";
        for (const GlobalOption& option : shown_globals(program)) {
            if (option.use != OptionUse::without_command) words += "--" + option.name + " ";
        }
        words.pop_back();
        out += case_line(std::string(verb->name), words);
    }
    return out + case_line("*", globals.substr(1));
}

std::string bash_values(const ProgramSpec& program) {
    std::string out;
    for (const GlobalOption& option : program.globals) {
        if (option.placeholder.empty()) continue;
        out += case_line("*' --" + option.name + "'", offer_for(option.placeholder));
    }
    for (const VerbSpec* verb : program.verbs) {
        if (!verb->positional.empty()) {
            out += case_line(fmt::format("'{} -'", verb->name),
                             offer_for(in_capitals(verb->positional)));
        }
        for (const ArgSpec& arg : verb->args) {
            if (arg.placeholder.empty()) continue;
            out += case_line(fmt::format("'{} --{}'", verb->name, arg.name),
                             offer_for(arg.placeholder, arg.choices));
        }
    }
    return out;
}

}  // namespace tsb::pages

#include <spdlog/fmt/fmt.h>

#include <set>

#include "daemon/pages/completion.hpp"

namespace tsb::pages {
namespace {

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

/// The flags of "complete" for names that the daemon tells, newest first.
std::string asked(const std::string& offer, const ProgramSpec& program) {
    return fmt::format(" -k -a '(__{}_ask {})'", program.name, offer);
}

/// The flags of "complete" for a value that `offer` completes.
std::string value_flags(const std::string& offer, const ProgramSpec& program) {
    if (offer == "nothing") return " -x";
    if (offer == "files") return " -r -F";
    if (offer == "directories") return " -x -a '(__fish_complete_directories)'";
    if (offer == "users") return " -x -a '(__fish_complete_users)'";
    if (offer.starts_with("words ")) return " -x -a " + in_quotes(offer.substr(6));
    return " -x" + asked(offer, program);
}

std::string line(const ProgramSpec& program, const std::string& condition,
                 const std::string& rest) {
    return fmt::format("complete -c {} -n '__{}_{}'{}\n", program.name, program.name, condition,
                       rest);
}

std::string option_flags(std::string_view name, std::string_view help, const std::string& value) {
    return fmt::format(" -l {}{} -d {}", name, value, in_quotes(help));
}

}  // namespace

std::string fish_valued(const ProgramSpec& program) {
    std::set<std::string> names;
    for (const GlobalOption& option : program.globals) {
        if (!option.placeholder.empty()) names.insert("--" + option.name);
    }
    for (const VerbSpec* verb : program.verbs) {
        for (const ArgSpec& arg : verb->args) {
            if (!arg.placeholder.empty()) names.insert("--" + std::string(arg.name));
        }
    }
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
    return out;
}

std::string fish_lines(const ProgramSpec& program) {
    std::string out;
    for (const VerbSpec* verb : program.verbs) {
        out += line(program, "wants_command",
                    fmt::format(" -a {} -d {}", verb->name, in_quotes(verb->summary)));
    }
    for (const GlobalOption& option : shown_globals(program)) {
        const std::string value =
            option.placeholder.empty() ? "" : value_flags(offer_for(option.placeholder), program);
        const std::string condition =
            option.use == OptionUse::without_command ? "wants_command" : "always";
        out += line(program, condition, option_flags(option.name, option.help, value));
    }
    for (const VerbSpec* verb : program.verbs) {
        const std::string name(verb->name);
        if (!verb->positional.empty()) {
            out += line(program, "first_of " + name,
                        asked(offer_for(in_capitals(verb->positional)), program));
        }
        for (const ArgSpec& arg : verb->args) {
            const std::string value =
                arg.placeholder.empty()
                    ? ""
                    : value_flags(offer_for(arg.placeholder, arg.choices), program);
            out += line(program, "is " + name, option_flags(arg.name, arg.help, value));
        }
    }
    return out;
}

}  // namespace tsb::pages

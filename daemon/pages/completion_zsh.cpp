#include <spdlog/fmt/fmt.h>

#include "daemon/pages/completion.hpp"

namespace tsb::pages {
namespace {

/// `text` within single quotes, with a backslash before each of `special`.
std::string in_quotes(std::string_view text, std::string_view special) {
    std::string out;
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
            continue;
        }
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// What _arguments does for a value: ":MESSAGE:ACTION".
std::string value_spec(std::string_view placeholder, const std::string& offer,
                       const ProgramSpec& program) {
    std::string action = " ";
    if (offer == "files") action = "_files";
    if (offer == "directories") action = "_files -/";
    if (offer == "users") action = "_users";
    if (offer.starts_with("words ")) action = "(" + offer.substr(6) + ")";
    if (offer == "backups" || offer == "clusters" || offer == "jobs") {
        // Behind a blank, nothing is put before its argument.
        action = fmt::format(" _{}_ask {}", program.name, offer);
    }
    return fmt::format(":{}:{}", in_quotes(placeholder, ":\\"), action);
}

std::string option_spec(std::string_view name, std::string_view help, const std::string& value) {
    return fmt::format("--{}{}[{}]{}", name, value.empty() ? "" : "=", in_quotes(help, "[]\\"),
                       value);
}

}  // namespace

std::string zsh_globals(const ProgramSpec& program) {
    std::string out;
    for (const GlobalOption& option : shown_globals(program)) {
        const std::string value =
            option.placeholder.empty()
                ? ""
                : value_spec(option.placeholder, offer_for(option.placeholder), program);
        out += fmt::format("        '{}'\n", option_spec(option.name, option.help, value));
    }
    return out;
}

std::string zsh_verbs(const ProgramSpec& program) {
    std::string out;
    for (const VerbSpec* verb : program.verbs) {
        out += fmt::format("        '{}:{}'\n", verb->name, in_quotes(verb->summary, ":\\"));
    }
    return out;
}

std::string zsh_arguments(const ProgramSpec& program) {
    std::string out;
    for (const VerbSpec* verb : program.verbs) {
        out += fmt::format("        {})\n            specs=(\n", verb->name);
        if (!verb->positional.empty()) {
            const std::string name = in_capitals(verb->positional);
            out +=
                fmt::format("                '1{}'\n", value_spec(name, offer_for(name), program));
        }
        for (const ArgSpec& arg : verb->args) {
            const std::string offer = offer_for(arg.placeholder, arg.choices);
            const std::string value =
                arg.placeholder.empty() ? "" : value_spec(arg.placeholder, offer, program);
            out += fmt::format("                '{}{}'\n", arg.kind == ArgKind::list ? "*" : "",
                               option_spec(arg.name, arg.help, value));
        }
        out += "            )\n            ;;\n";
    }
    return out;
}

}  // namespace tsb::pages

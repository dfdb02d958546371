#include "daemon/pages/man_page.hpp"

#include <spdlog/fmt/fmt.h>

#include "config/options.hpp"
#include "core/base/exit_status.hpp"

namespace tsb::pages {
namespace {

std::string sentence(std::string_view text) {
    std::string out = roff(text);
    if (!out.ends_with('.')) out += '.';
    return out;
}

std::string tagged(std::string_view tag, std::string_view placeholder, const std::string& text) {
    std::string line = fmt::format(".TP\n\\fB{}\\fR", roff(tag));
    if (!placeholder.empty()) line += fmt::format(" \\fI{}\\fR", roff(placeholder));
    return line + "\n" + text + "\n";
}

std::string errors_with(int exit_code) {
    std::string names;
    for (const ErrorKind& kind : error_kinds()) {
        if (kind.exit_code != exit_code) continue;
        names += (names.empty() ? "" : ", ") + std::string(kind.name);
    }
    return names;
}

/// "clusters.NAME.connection" of "clusters.*.connection".
std::string key_for_people(std::string_view path) {
    std::string key(path);
    const std::size_t star = key.find('*');
    if (star != std::string::npos) key.replace(star, 1, "NAME");
    return key;
}

std::string fallback_of(const Option& option) {
    if (option.required) return "Required.";
    if (!option.fallback.empty()) {
        return fmt::format("Default: \\fB{}\\fR.", roff(option.fallback));
    }
    return option.shape == OptionShape::list ? "Default: an empty list." : "No default.";
}

}  // namespace

std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\':
                out += "\\e";
                break;
            case '-':
                out += "\\-";
                break;
            case '\'':
                out += "\\(aq";
                break;
            case '`':
                out += "\\(ga";
                break;
            case '~':
                out += "\\(ti";
                break;
            case '^':
                out += "\\(ha";
                break;
            default:
                out += c;
        }
    }
    return out.starts_with('.') ? "\\&" + out : out;
}

std::string commands_part(const ProgramSpec& program) {
    std::string out;
    for (const VerbSpec* verb : program.verbs) {
        out += fmt::format(".SS \"{}\"\n{}\n", roff(verb_usage(*verb)), sentence(verb->summary));
        for (const ArgSpec& arg : verb->args) {
            out += tagged("--" + std::string(arg.name), arg.placeholder, sentence(arg.help));
        }
    }
    return out;
}

std::string options_part(const ProgramSpec& program) {
    std::string out;
    for (const GlobalOption& option : shown_globals(program)) {
        out += tagged("--" + option.name, option.placeholder, sentence(option.help));
    }
    return out;
}

std::string exit_part() {
    std::string out;
    for (const ExitStatus& status : exit_statuses()) {
        const std::string errors = errors_with(status.code);
        std::string text = sentence(status.meaning);
        if (!errors.empty()) text += "\nErrors: " + roff(errors) + ".";
        out += tagged(std::to_string(status.code), "", text);
    }
    return out;
}

std::string keys_part() {
    std::string out;
    for (const Option& option : options()) {
        const std::string takes =
            option.shape == OptionShape::list ? "Takes a list of: " : "Takes ";
        out += tagged(key_for_people(option.path), "",
                      sentence(option.description) + "\n" + takes + sentence(option.type) + "\n" +
                          fallback_of(option));
    }
    return out;
}

}  // namespace tsb::pages

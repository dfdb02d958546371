#include "daemon/ctl/command_line.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <optional>

namespace tsb {
namespace {

namespace po = boost::program_options;

using Words = std::vector<std::string>;
using Descriptions = po::options_description;

constexpr const char* help_word = "help";

void add_option(Descriptions& into, std::string_view name, bool is_flag, bool repeatable) {
    const std::string text(name);
    if (is_flag) {
        into.add_options()(text.c_str(), "");
    } else if (repeatable) {
        into.add_options()(text.c_str(), po::value<Words>()->composing(), "");
    } else {
        into.add_options()(text.c_str(), po::value<std::string>(), "");
    }
}

bool is_flag(const ArgSpec& arg) {
    return arg.kind == ArgKind::flag || arg.kind == ArgKind::local;
}

const GlobalOption* find_global(const ProgramSpec& program, const std::string& name) {
    const auto row = std::find_if(program.globals.begin(), program.globals.end(),
                                  [&](const GlobalOption& option) { return option.name == name; });
    return row == program.globals.end() ? nullptr : &*row;
}

Error unreadable(const std::string& cause, std::string hint = {}) {
    return {ErrorCode::usage, "cannot read the command line: " + cause, std::move(hint)};
}

/// Takes the first word that is neither an option nor the value of a global one.
std::optional<std::string> take_verb(const ProgramSpec& program, Words& words) {
    for (auto word = words.begin(); word != words.end(); ++word) {
        if (!word->starts_with("-")) {
            std::string verb = *word;
            words.erase(word);
            return verb;
        }
        const bool long_option = word->starts_with("--");
        const GlobalOption* option = long_option ? find_global(program, word->substr(2)) : nullptr;
        const bool takes_next = option != nullptr && !option->placeholder.empty();
        if (takes_next && std::next(word) != words.end()) ++word;
    }
    return std::nullopt;
}

bool begins_with_digit(const std::string& word) {
    return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

/// "latest-before" and its date and time become one word, as if they had been quoted.
void join_moment(Words& words) {
    const auto before = std::find(words.begin(), words.end(), "latest-before");
    if (before == words.end()) return;
    for (int part = 0; part < 2; ++part) {
        const auto next = std::next(before);
        if (next == words.end() || !begins_with_digit(*next)) return;
        *before += " " + *next;
        words.erase(next);
    }
}

const VerbSpec* verb_named(const ProgramSpec& program, const std::optional<std::string>& name) {
    if (!name) return nullptr;
    std::vector<std::string> known = {help_word};
    for (const VerbSpec* verb : program.verbs) {
        if (verb->name == *name) return verb;
        known.emplace_back(verb->name);
    }
    throw unknown_verb(*name, known);
}

po::variables_map parse_options(const ProgramSpec& program, const VerbSpec* verb,
                                const Words& words) {
    Descriptions options;
    add_option(options, "help,h", true, false);
    for (const GlobalOption& global : program.globals) {
        add_option(options, global.name, global.placeholder.empty(), false);
    }
    po::positional_options_description positional;
    if (verb != nullptr) {
        for (const ArgSpec& arg : verb->args) {
            add_option(options, arg.name, is_flag(arg), arg.kind == ArgKind::list);
        }
        if (!verb->positional.empty()) {
            add_option(options, verb->positional, false, false);
            positional.add(std::string(verb->positional).c_str(), 1);
        }
    }
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::variables_map found;
    try {
        po::store(po::command_line_parser(words)
                      .options(options)
                      .positional(positional)
                      .style(style)
                      .run(),
                  found);
    } catch (const po::error& error) {
        const std::string help = verb == nullptr ? "" : " " + std::string(verb->name);
        throw unreadable(error.what(), "see " + program.name + help + " --help");
    }
    return found;
}

void take_verb_options(const VerbSpec& verb, const po::variables_map& found, CommandLine& line) {
    for (const ArgSpec& arg : verb.args) {
        const std::string name(arg.name);
        if (found.count(name) == 0) continue;
        switch (arg.kind) {
            case ArgKind::text:
                line.args[name] = found[name].as<std::string>();
                break;
            case ArgKind::path:
                line.args[name] = absolute_path(found[name].as<std::string>()).string();
                break;
            case ArgKind::list:
                line.args[name] = found[name].as<Words>();
                break;
            case ArgKind::flag:
                line.args[name] = true;
                break;
            case ArgKind::local:
                line.flags.insert(name);
                break;
            case ArgKind::local_path:
                line.values[name] = absolute_path(found[name].as<std::string>()).string();
                break;
        }
    }
    const std::string positional(verb.positional);
    if (!positional.empty() && found.count(positional) != 0) {
        line.args[positional] = found[positional].as<std::string>();
    }
}

void require_use(const GlobalOption& option, const CommandLine& line) {
    const bool with_verb = line.verb != nullptr;
    if (option.use == OptionUse::with_command && !with_verb) {
        throw unreadable("--" + option.name + " needs a command", "--help lists the commands");
    }
    const bool stands_alone =
        option.use == OptionUse::without_command || option.use == OptionUse::by_scripts;
    if (stands_alone && with_verb) {
        throw unreadable("--" + option.name + " takes no command, but '" +
                         std::string(line.verb->name) + "' was given");
    }
}

void take_globals(const ProgramSpec& program, const po::variables_map& found, CommandLine& line) {
    for (const GlobalOption& option : program.globals) {
        if (found.count(option.name) == 0) continue;
        if (!line.has(help_word)) require_use(option, line);
        if (option.placeholder.empty()) {
            line.flags.insert(option.name);
            continue;
        }
        const auto& value = found[option.name].as<std::string>();
        if (value.empty()) throw unreadable("--" + option.name + " is empty");
        line.values[option.name] = value;
    }
}

std::string option_line(std::string_view name, std::string_view placeholder,
                        std::string_view help) {
    const std::string left = fmt::format("--{} {}", name, placeholder);
    return fmt::format("  {:<30} {}\n", left, help);
}

std::string global_lines(const ProgramSpec& program) {
    std::string out;
    for (const GlobalOption& option : shown_globals(program)) {
        out += option_line(option.name, option.placeholder, option.help);
    }
    return out;
}

}  // namespace

CommandLine parse_command_line(const ProgramSpec& program, const Words& words) {
    Words rest = words;
    CommandLine line;
    std::optional<std::string> verb = take_verb(program, rest);
    if (verb == help_word) {
        line.flags.insert(help_word);
        verb = take_verb(program, rest);
    }
    line.verb = verb_named(program, verb);
    if (line.verb != nullptr && line.verb->positional == "backup") join_moment(rest);
    const po::variables_map found = parse_options(program, line.verb, rest);

    if (found.count(help_word) != 0) line.flags.insert(help_word);
    take_globals(program, found, line);
    if (line.verb != nullptr) {
        take_verb_options(*line.verb, found, line);
        if (!line.has("help")) check_args(*line.verb, line.args);
    }
    return line;
}

std::filesystem::path absolute_path(const std::string& text) {
    // An empty one is for check_args() to refuse, which names the argument.
    if (text.empty()) return {};
    std::error_code failed;
    const std::filesystem::path path = std::filesystem::absolute(text, failed);
    if (failed) {
        throw unreadable("where '" + printable(text) + "' lies cannot be told: " + failed.message(),
                         "name it by its absolute path");
    }
    return path.lexically_normal();
}

std::vector<GlobalOption> shown_globals(const ProgramSpec& program) {
    std::vector<GlobalOption> shown;
    std::copy_if(program.globals.begin(), program.globals.end(), std::back_inserter(shown),
                 [](const GlobalOption& option) { return option.use != OptionUse::by_scripts; });
    shown.push_back({help_word, "", "this text, or that of a command; also -h, help COMMAND"});
    return shown;
}

Words words_of(int argc, char** argv) {
    return {argv + std::min(argc, 1), argv + argc};
}

std::string in_capitals(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

std::string verb_usage(const VerbSpec& verb) {
    std::string usage(verb.name);
    if (!verb.positional.empty()) {
        const std::string name = in_capitals(verb.positional);
        usage += verb.positional_required ? " " + name : " [" + name + "]";
    }
    return usage + (verb.args.empty() ? "" : " [OPTIONS]");
}

std::string program_help(const ProgramSpec& program) {
    std::string out = program.name + ": " + program.summary + "\n\nCommands:\n";
    for (const VerbSpec* verb : program.verbs) {
        out += fmt::format("  {:<10} {}\n", verb->name, verb->summary);
    }
    return out + "\nOptions:\n" + global_lines(program);
}

std::string verb_help(const ProgramSpec& program, const VerbSpec& verb) {
    std::string out =
        fmt::format("usage: {} {}\n{}\n", program.name, verb_usage(verb), verb.summary);
    for (const ArgSpec& arg : verb.args) {
        out += option_line(arg.name, arg.placeholder, arg.help);
    }
    return out + global_lines(program);
}

}  // namespace tsb

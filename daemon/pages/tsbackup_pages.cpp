// Makes the manual pages and the completion scripts from the tables that `--help` comes from: fills
// the templates beside this file. Run by the build; no part of the product.
//
// Usage: tsbackup_pages TEMPLATES OUTPUT DATE
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "core/base/version.hpp"
#include "daemon/ctl/programs.hpp"
#include "daemon/pages/completion.hpp"
#include "daemon/pages/man_page.hpp"

namespace tsb::pages {
namespace {

namespace fs = std::filesystem;

using Parts = std::map<std::string, std::string>;  // by the name between "@" in a template

Parts parts_of(const ProgramSpec& program, const std::string& date) {
    return {
        {"PROGRAM", program.name},
        {"VERSION", version},
        {"DATE", date},
        {"COMMANDS", commands_part(program)},
        {"OPTIONS", options_part(program)},
        {"EXIT", exit_part()},
        {"KEYS", keys_part()},
        {"VERBS", verb_words(program)},
        {"BASH_OPTIONS", bash_options(program)},
        {"BASH_VALUES", bash_values(program)},
        {"ZSH_GLOBALS", zsh_globals(program)},
        {"ZSH_VERBS", zsh_verbs(program)},
        {"ZSH_ARGUMENTS", zsh_arguments(program)},
        {"FISH_VALUED", fish_valued(program)},
        {"FISH_LINES", fish_lines(program)},
    };
}

/// "@NAME@" becomes the part of that name; any other "@" stays.
std::string filled(const std::string& text, const Parts& parts) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t open = text.find('@', at);
        const std::size_t close = open == std::string::npos ? open : text.find('@', open + 1);
        if (close == std::string::npos) return out + text.substr(at);
        const auto part = parts.find(text.substr(open + 1, close - open - 1));
        out += text.substr(at, open - at);
        out += part == parts.end() ? "@" : part->second;
        at = part == parts.end() ? open + 1 : close + 1;
    }
    return out;
}

void make(const fs::path& source, const fs::path& target, const Parts& parts) {
    std::ifstream in(source, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    std::ofstream out(target, std::ios::binary | std::ios::trunc);
    out << filled(text.str(), parts);
    out.close();
    if (!in || !out) throw Error(ErrorCode::io, "cannot make '" + target.string() + "'");
}

void make_all(const fs::path& templates, const fs::path& output, const std::string& date) {
    fs::create_directories(output);
    const Parts client = parts_of(client_program(), date);
    const Parts daemon = parts_of(daemon_program(), date);
    make(templates / "tsbackupctl.1.in", output / "tsbackupctl.1", client);
    make(templates / "tsbackupd.8.in", output / "tsbackupd.8", daemon);
    make(templates / "tsbackup.yaml.5.in", output / "tsbackup.yaml.5", daemon);
    for (const Parts* parts : {&client, &daemon}) {
        const std::string& name = parts->at("PROGRAM");
        make(templates / "completion.bash.in", output / (name + ".bash"), *parts);
        make(templates / "completion.zsh.in", output / ("_" + name), *parts);
        make(templates / "completion.fish.in", output / (name + ".fish"), *parts);
    }
}

}  // namespace
}  // namespace tsb::pages

int main(int argc, char** argv) {
    try {
        const auto words = tsb::words_of(argc, argv);
        tsb::pages::make_all(words.at(0), words.at(1), words.at(2));
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "tsbackup_pages: " << error.what() << "\n";
        return 1;
    }
}

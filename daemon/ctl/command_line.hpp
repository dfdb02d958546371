// Command lines of tsbackupctl and tsbackupd, read by the verb table. Decides nothing about a
// verb's meaning: it only turns words into the arguments of a request.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/verb_spec.hpp"

namespace tsb {

/// With what a global option has a meaning; elsewhere it is refused, not ignored.
enum class OptionUse {
    always,
    with_command,
    without_command,
    by_scripts,  // without a command; for completion scripts, which no help and no page tells of
};

struct GlobalOption {
    std::string name;
    std::string placeholder;  // empty: a flag
    std::string help;
    OptionUse use = OptionUse::always;
};

/// What one of the two programs takes.
struct ProgramSpec {
    std::string name;
    std::string summary;
    std::vector<GlobalOption> globals;  // before or after the verb
    std::vector<const VerbSpec*> verbs;
};

struct CommandLine {
    const VerbSpec* verb = nullptr;             // null: none was given
    Json args = Json::object();                 // to be sent
    std::set<std::string> flags;                // global and local flags that were given
    std::map<std::string, std::string> values;  // global options and local paths that were given
    bool has(const std::string& flag) const { return flags.count(flag) != 0; }
};

/// Reads `words` (without the program's name); Error{usage} with a hint. `--help`, `-h` and `help`
/// before or in place of a verb become a flag, and then nothing else is required. Thread: any.
CommandLine parse_command_line(const ProgramSpec& program, const std::vector<std::string>& words);

/// `text`, a path that somebody typed, as it is meant from the working directory. Error{usage} when
/// that cannot be told. Thread: any.
std::filesystem::path absolute_path(const std::string& text);

/// The words of main()'s argv.
std::vector<std::string> words_of(int argc, char** argv);

/// The global options that people are told of, `--help` among them. Thread: any.
std::vector<GlobalOption> shown_globals(const ProgramSpec& program);
/// "BACKUP" of "backup". Thread: any.
std::string in_capitals(std::string_view text);
/// "show BACKUP [OPTIONS]". Thread: any.
std::string verb_usage(const VerbSpec& verb);
/// Help text of the program, or of one verb. Thread: any.
std::string program_help(const ProgramSpec& program);
std::string verb_help(const ProgramSpec& program, const VerbSpec& verb);

}  // namespace tsb

// The verbs: the one table from which both command lines, their help, the daemon's rights and its
// argument check come. What a verb does stands in verbs.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/wire.hpp"

namespace tsb {

/// What a client may ask for; each includes those before it.
enum class Right { none, read, operate, restore };
std::string_view to_string(Right right);

enum class ArgKind {
    text,
    path,  // made absolute by the client, whose working directory it is meant in
    list,  // may be given several times
    flag,
    local,       // a flag of the client alone, never sent
    local_path,  // the same with a path, made absolute
};

struct ArgSpec {
    std::string_view name;
    ArgKind kind;
    // Empty for flags. Tells shells too what completes it: FILE, PATH, DIR, USER, BACKUP, CLUSTER,
    // JOB, or the words themselves, as in "tar|plain".
    std::string_view placeholder;
    std::string_view help;
    std::string_view choices = {};  // words that shells offer besides, with blanks between them
};

struct VerbSpec {
    std::string_view name;
    Right right;                  // none: not on the wire
    bool in_process;              // `tsbackupd VERB` can do it too
    std::string_view positional;  // name of the one positional argument; empty: none
    bool positional_required;
    std::string_view summary;
    std::span<const ArgSpec> args;  // without the positional one
    std::string_view confirm =
        {};  // what a client asks a person at a terminal first; empty: nothing
    /// The verb takes "plan"; a person at a terminal is shown the plan before the question.
    bool has_plan() const;
};

/// The whole table, in the order of the help text. Thread: any.
std::span<const VerbSpec> verb_specs();
/// The row of `name`; null when there is none. Thread: any.
const VerbSpec* find_verb(std::string_view name);
/// Error{usage} for an unknown verb, with the nearest of `known` as its hint. Thread: any.
Error unknown_verb(std::string_view name, const std::vector<std::string>& known);

/// "back up" of "backup": what stands behind "cannot" in messages about `verb`. Thread: any.
std::string words_for(const VerbSpec& verb);

/// Error{usage} when `args` has an unknown argument, a wrong type, a text that is empty, too long
/// or not UTF-8, or lacks the required one. Thread: any.
void check_args(const VerbSpec& verb, const Json& args);

// Reading arguments that check_args() has accepted; what is missing, and only that, is empty or
// false.
std::string text_arg(const Json& args, const char* name);
std::vector<std::string> list_arg(const Json& args, const char* name);
bool flag_arg(const Json& args, const char* name);

}  // namespace tsb

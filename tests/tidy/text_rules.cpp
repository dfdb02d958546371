#include <array>

#include "tests/tidy/rules.hpp"

namespace tsb::tidy {
namespace {

// Spelled in two parts, so that this file keeps the rules it checks.
constexpr std::array<std::string_view, 3> marks = {
    "TO"
    "DO",
    "FIX"
    "ME",
    "HA"
    "CK"};
constexpr std::array<std::string_view, 2> foreign_roots = {
    "/wo"
    "rk/",
    "/fa"
    "rm/"};
constexpr std::string_view reset_program =
    "pg_reset"
    "wal";

constexpr std::array<std::string_view, 2> label_files = {"backup_label", "tablespace_map"};
constexpr std::array<std::string_view, 6> removers = {"remove", "remove_file", "remove_tree",
                                                      "unlink", "unlinkat",    "rename"};

bool is_script(const SourceFile& file) {
    return file.path.ends_with(".sh") || file.text.starts_with("#!") ||
           file.path.ends_with("Makefile");
}

/// Whether the word at `at` stands where a shell looks for a command, or begins a C++ literal as
/// one does that is to be run: alone, behind a directory, or before options.
bool is_command(std::string_view text, std::size_t at, bool in_script) {
    const std::size_t line_start = text.rfind('\n', at) + 1;
    std::size_t start = at;  // of the path that ends in the word
    while (start > line_start && (is_word_char(text[start - 1]) ||
                                  std::string_view("/.-${}").find(text[start - 1]) != npos)) {
        --start;
    }
    const std::string_view rest = text.substr(at + reset_program.size());
    if (!in_script) {
        return start > 0 && text[start - 1] == '"' &&
               (rest.starts_with('"') || rest.starts_with(" -"));
    }
    const std::size_t before = text.find_last_not_of(" \"", start == 0 ? 0 : start - 1);
    const bool first = start == line_start || before == npos || before < line_start ||
                       std::string_view(";&|(!\t").find(text[before]) != npos;
    // Behind another word it is an argument; with options it is most likely run by that word.
    return first || rest.starts_with(" -");
}

std::string without_shell_comments(std::string text) {
    bool comment = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n');
        comment = text[i] != '\n' && (comment || begins);
        if (comment) text[i] = ' ';
    }
    return text;
}

/// The statement around `at`: between the nearest ';', '{' or '}' on both sides.
std::string_view statement_around(std::string_view code, std::size_t at) {
    const std::size_t before = code.find_last_of(";{}", at);
    const std::size_t start = before == npos ? 0 : before + 1;
    return code.substr(start, code.find_first_of(";{}", at) - start);
}

bool removes(std::string_view statement) {
    for (const std::string_view word : removers) {
        for (std::size_t at = find_word(statement, word, 0); at != npos;
             at = find_word(statement, word, at + 1)) {
            const std::size_t next = statement.find_first_not_of(' ', at + word.size());
            if (next != npos && statement[next] == '(') return true;
        }
    }
    return false;
}

}  // namespace

Violations unfinished_marks(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        for (const std::string_view mark : marks) {
            for (std::size_t at = find_word(file.text, mark, 0); at != npos;
                 at = find_word(file.text, mark, at + 1)) {
                violations.push_back({file.path, line_of(file.text, at), std::string(mark)});
            }
        }
    }
    return violations;
}

Violations machine_paths(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        for (const std::string_view root : foreign_roots) {
            for (std::size_t at = file.text.find(root); at != npos;
                 at = file.text.find(root, at + 1)) {
                // Behind a name it is a part of some other path.
                if (at > 0 && is_word_char(file.text[at - 1])) continue;
                violations.push_back({file.path, line_of(file.text, at), std::string(root)});
            }
        }
    }
    return violations;
}

Violations wal_resets(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        const bool script = is_script(file);
        if (!script && !(file.is_product() && file.is_cpp())) continue;
        const std::string code =
            script ? without_shell_comments(file.text) : code_of(file.text, Literals::keep);
        for (std::size_t at = find_word(code, reset_program, 0); at != npos;
             at = find_word(code, reset_program, at + 1)) {
            if (!is_command(code, at, script)) continue;
            violations.push_back(
                {file.path, line_of(code, at), "runs " + std::string(reset_program)});
        }
    }
    return violations;
}

Violations label_removals(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        if (!file.is_product() || !file.is_cpp()) continue;
        const std::string code = code_of(file.text, Literals::keep);
        for (const std::string_view label : label_files) {
            for (std::size_t at = find_word(code, label, 0); at != npos;
                 at = find_word(code, label, at + 1)) {
                if (code.compare(at + label.size(), 4, ".old") == 0) continue;
                if (!removes(statement_around(code, at))) continue;
                violations.push_back(
                    {file.path, line_of(code, at), "removes " + std::string(label)});
            }
        }
    }
    return violations;
}

}  // namespace tsb::tidy

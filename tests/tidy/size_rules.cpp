#include <algorithm>
#include <array>

#include "tests/tidy/rules.hpp"

namespace tsb::tidy {
namespace {

std::size_t line_count(std::string_view text) {
    const bool open_end = !text.empty() && text.back() != '\n';
    return line_of(text, text.size()) - (open_end ? 0 : 1);
}

bool is_sized(const SourceFile& file) {
    constexpr std::array<std::string_view, 5> endings = {".cpp", ".hpp", ".sh", ".py",
                                                         "CMakeLists.txt"};
    return (file.is_product() || file.is_test()) &&
           std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return file.path.ends_with(ending); });
}

/// Preprocessor lines, continued ones too, as spaces: their braces need not match.
std::string without_directives(std::string code) {
    bool in_directive = false;
    for (std::size_t at = 0; at < code.size();) {
        const std::size_t end = std::min(code.find('\n', at), code.size());
        const std::size_t start = code.find_first_not_of(' ', at);
        in_directive = in_directive || (start < end && code[start] == '#');
        const bool continues = end > at && code[end - 1] == '\\';
        if (in_directive) code.replace(at, end - at, end - at, ' ');
        in_directive = in_directive && continues;
        at = end + 1;
    }
    return code;
}

/// `header` without the "template <...>" in front of it.
std::string_view without_template(std::string_view header) {
    if (!header.starts_with("template")) return header;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (header[i] == '<') ++depth;
        if (header[i] == '>' && --depth == 0) return header.substr(i + 1);
    }
    return header;
}

/// Whether the text between the last ';', '{' or '}' and a '{' begins the body of a function.
bool begins_function(std::string_view header) {
    header = without_template(header);
    header.remove_prefix(std::min(header.find_first_not_of(" \n"), header.size()));
    // A test case may hold a table as long as it needs to be.
    constexpr std::array<std::string_view, 7> others = {"namespace", "class",  "struct",   "union",
                                                        "enum",      "extern", "TEST_CASE"};
    for (const std::string_view word : others) {
        if (find_word(header, word, 0) == 0) return false;
    }
    // Nothing between '}' and '{': behind the braced initialiser of a member.
    return header.empty() || header.find('(') != std::string_view::npos;
}

void find_long_functions(const SourceFile& file, Violations& violations) {
    const std::string code = without_directives(code_of(file.text, Literals::blank));
    std::size_t header = 0;  // where the text before the next '{' begins
    std::size_t function_start = 0;
    std::size_t depth = 0;
    std::size_t function_depth = 0;  // 0: outside of functions
    for (std::size_t at = 0; at < code.size(); ++at) {
        if (code[at] == '{') {
            ++depth;
            const std::size_t first = code.find_first_not_of(" \n", header);
            if (function_depth == 0 && begins_function({code.data() + first, at - first})) {
                function_depth = depth;
                function_start = first;
            }
        } else if (code[at] == '}') {
            if (function_depth == depth && depth > 0) {
                const std::size_t line = line_of(code, function_start);
                const std::size_t lines = line_of(code, at) - line + 1;
                if (lines > most_function_lines) {
                    violations.push_back(
                        {file.path, line, "function of " + std::to_string(lines) + " lines"});
                }
                function_depth = 0;
            }
            depth -= depth > 0 ? 1 : 0;
        } else if (code[at] != ';') {
            continue;
        }
        header = at + 1;
    }
}

}  // namespace

Violations long_files(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        const std::size_t lines = line_count(file.text);
        if (!is_sized(file) || lines <= most_file_lines) continue;
        violations.push_back({file.path, lines, "file of " + std::to_string(lines) + " lines"});
    }
    return violations;
}

Violations long_functions(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        if (is_sized(file) && file.is_cpp()) find_long_functions(file, violations);
    }
    return violations;
}

}  // namespace tsb::tidy

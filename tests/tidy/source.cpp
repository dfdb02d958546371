#include "tests/tidy/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tsb::tidy {
namespace {

/// Offset just behind the literal or comment that begins at `at`.
std::size_t end_of(std::string_view text, std::size_t at, std::string_view closing) {
    const std::size_t found = text.find(closing, at);
    return found == std::string_view::npos ? text.size() : found + closing.size();
}

std::size_t end_of_quoted(std::string_view text, std::size_t at) {
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == text[at] || text[i] == '\n') {
            return i + 1;
        }
    }
    return text.size();
}

std::size_t end_of_raw_string(std::string_view text, std::size_t at) {
    const std::size_t open = text.find('(', at);
    if (open == std::string_view::npos) return text.size();
    const std::string closing = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
    return end_of(text, open, closing);
}

/// End of the comment at `at`; `at` itself when none begins there.
std::size_t end_of_comment(std::string_view text, std::size_t at) {
    if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
    if (text.substr(at, 2) == "/*") return end_of(text, at + 2, "*/");
    return at;
}

/// End of the string or character literal at `at`; `at` itself when none begins there.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
    const char before = at == 0 ? ' ' : text[at - 1];
    if (text[at] == '"') {
        return before == 'R' ? end_of_raw_string(text, at) : end_of_quoted(text, at);
    }
    // Behind a digit it separates digits: 10'000.
    if (text[at] == '\'' && !is_word_char(before)) return end_of_quoted(text, at);
    return at;
}

bool is_skipped_directory(const std::string& name) {
    return (name.starts_with('.') && name != ".ci") || name.starts_with("build");
}

std::string contents(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

bool SourceFile::is_product() const {
    constexpr std::array<std::string_view, 3> roots = {"core/", "config/", "daemon/"};
    return std::any_of(roots.begin(), roots.end(),
                       [this](std::string_view root) { return path.starts_with(root); });
}

bool is_word_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
    for (std::size_t at = text.find(word, from); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool begins = at == 0 || !is_word_char(text[at - 1]);
        if (begins && (end == text.size() || !is_word_char(text[end]))) return at;
    }
    return std::string_view::npos;
}

std::string code_of(std::string_view text, Literals literals) {
    std::string code(text);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comment_end = end_of_comment(text, at);
        const std::size_t end = comment_end > at ? comment_end : end_of_literal(text, at);
        const bool blank = comment_end > at || literals == Literals::blank;
        for (std::size_t i = at; blank && i < end; ++i) {
            if (code[i] != '\n') code[i] = ' ';
        }
        at = std::max(end, at + 1);
    }
    return code;
}

std::size_t line_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

Files load_project(const std::string& root) {
    Files files;
    std::filesystem::recursive_directory_iterator walk(root);
    for (const auto& entry : walk) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory()) {
            if (is_skipped_directory(name)) walk.disable_recursion_pending();
        } else if (entry.is_regular_file()) {
            files.push_back(
                {entry.path().lexically_relative(root).generic_string(), contents(entry.path())});
        }
    }
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

}  // namespace tsb::tidy

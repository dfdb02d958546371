#include <algorithm>
#include <array>

#include "tests/tidy/rules.hpp"

namespace tsb::tidy {
namespace {

constexpr std::string_view blanks = " \n";
// A '{' behind one of these opens a block.
constexpr std::array<std::string_view, 7> block_words = {"else",     "do",       "try",    "const",
                                                         "noexcept", "override", "mutable"};

std::string_view trimmed_end(std::string_view text) {
    const std::size_t last = text.find_last_not_of(blanks);
    return text.substr(0, last == npos ? 0 : last + 1);
}

std::string_view last_word(std::string_view text) {
    std::size_t start = text.size();
    while (start > 0 && is_word_char(text[start - 1])) --start;
    return text.substr(start);
}

/// Whether `text` ends in "-> Type", the result of a lambda or a function.
bool ends_in_result_type(std::string_view text) {
    const std::size_t arrow = text.rfind("->");
    if (arrow == npos) return false;
    const std::string_view type = text.substr(arrow + 2);
    return !type.empty() && std::all_of(type.begin(), type.end(), [](char c) {
        return is_word_char(c) || std::string_view(" \n:<>,&*").find(c) != npos;
    });
}

/// Whether the '{' at `brace` opens a block of statements rather than a braced value.
bool opens_block(std::string_view code, std::size_t brace) {
    const std::string_view before = trimmed_end(code.substr(0, brace));
    if (before.empty() || std::string_view(");{}:]").find(before.back()) != npos) return true;
    const std::string_view word = last_word(before);
    if (std::find(block_words.begin(), block_words.end(), word) != block_words.end()) return true;
    return ends_in_result_type(before);
}

/// Offset of the bracket that closes the one at `open`.
std::size_t closing(std::string_view code, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t at = open; at < code.size(); ++at) {
        if (std::string_view("([{").find(code[at]) != npos) ++depth;
        if (std::string_view(")]}").find(code[at]) != npos && --depth == 0) return at;
    }
    return code.size();
}

/// Where the statement that holds `at` begins.
std::size_t statement_start(std::string_view code, std::size_t at) {
    std::size_t depth = 0;
    while (at > 0) {
        const char c = code[at - 1];
        if (depth == 0 && c == ';') return at;
        if (depth == 0 && c == '{' && opens_block(code, at - 1)) return at;
        if (depth == 0 && c == '}') {
            // The end of a block before this statement, unless the expression goes on behind it.
            const std::size_t next = code.find_first_not_of(blanks, at);
            if (next == npos || std::string_view("),.]").find(code[next]) == npos) return at;
        }
        if (std::string_view(")]}").find(c) != npos) ++depth;
        if (std::string_view("([{").find(c) != npos && depth > 0) --depth;
        --at;
    }
    return 0;
}

bool begins_lambda(std::string_view code, std::size_t bracket) {
    const std::string_view before = trimmed_end(code.substr(0, bracket));
    if (before.empty()) return true;
    const char last = before.back();
    if (last == ')' || last == ']' || last == '[' || !last_word(before).empty()) {
        return last_word(before) == "return" || last_word(before) == "co_await";
    }
    return code.substr(bracket, 2) != "[[";
}

/// Captures by reference and `this` own nothing.
bool captures_value(std::string_view captures) {
    while (!captures.empty()) {
        const std::string_view capture = captures.substr(0, captures.find(','));
        captures.remove_prefix(std::min(capture.size() + 1, captures.size()));
        const std::size_t start = capture.find_first_not_of(blanks);
        if (start == npos) continue;
        const std::string_view name = trimmed_end(capture.substr(start));
        if (name.front() != '&' && name != "this") return true;
    }
    return false;
}

/// What is wrong in the expression from `at` to its end; empty when nothing is.
std::string problem_in_expression(std::string_view code, std::size_t at) {
    std::size_t depth = 0;
    for (; at < code.size(); ++at) {
        const char c = code[at];
        if (c == '[' && begins_lambda(code, at)) {
            const std::size_t captures_end = closing(code, at);
            if (captures_value(code.substr(at + 1, captures_end - at - 1))) {
                return "a lambda that captures a value";
            }
            // Its body holds statements of its own.
            at = closing(code, std::min(code.find('{', captures_end), code.size()));
        } else if (c == '{') {
            if (depth == 0 && opens_block(code, at)) return {};
            return "a braced temporary or list";
        } else if (c == '(' || c == '[') {
            ++depth;
        } else if (depth == 0 && std::string_view(")]};").find(c) != npos) {
            return {};
        } else if (c == ')' || c == ']') {
            --depth;
        }
    }
    return {};
}

}  // namespace

Violations temporaries_beside_await(const Files& files) {
    Violations violations;
    for (const SourceFile& file : files) {
        if (!file.is_cpp()) continue;
        const std::string code = code_of(file.text, Literals::blank);
        for (std::size_t at = find_word(code, "co_await", 0); at != npos;
             at = find_word(code, "co_await", at + 1)) {
            const std::string problem = problem_in_expression(code, statement_start(code, at));
            if (problem.empty()) continue;
            violations.push_back({file.path, line_of(code, at), "co_await beside " + problem});
        }
    }
    return violations;
}

}  // namespace tsb::tidy

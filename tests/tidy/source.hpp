// Source files as the house rules look at them: the text, and the code in it with comments and
// literals blanked out, so that rules need no parser. Not exact C++, but exact places.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tsb::tidy {

struct SourceFile {
    std::string path;  // relative to the root, with '/'
    std::string text;

    bool is_cpp() const { return path.ends_with(".cpp") || path.ends_with(".hpp"); }
    /// Beneath core/, config/ or daemon/.
    bool is_product() const;
    /// Beneath tests/.
    bool is_test() const { return path.starts_with("tests/"); }
};

struct Violation {
    std::string path;
    std::size_t line;  // 1-based
    std::string text;
};
using Violations = std::vector<Violation>;
using Files = std::vector<SourceFile>;

enum class Literals { keep, blank };

/// `text` with the same length and lines, comments (and literals) replaced by spaces.
std::string code_of(std::string_view text, Literals literals);
/// 1-based line of an offset.
std::size_t line_of(std::string_view text, std::size_t offset);
/// All files of the project beneath `root`: no build directories, nothing hidden but .ci.
Files load_project(const std::string& root);

bool is_word_char(char c);
/// Offset of the next whole word at or after `from`; npos when there is none.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from);

}  // namespace tsb::tidy

// Columns of text, as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace tsb {

using TextRow = std::vector<std::string>;

/// `header` and `rows` (each as long as the header), two blanks between columns, a newline after
/// each line, no blanks at line ends. Control bytes in cells are escaped.
std::string text_table(const TextRow& header, const std::vector<TextRow>& rows);

/// "name:   value" lines with the values in one column. Control bytes are escaped.
std::string text_fields(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace tsb

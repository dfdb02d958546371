#include "daemon/ctl/text_table.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::size_t gap = 2;

void append_line(std::string& out, const TextRow& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i] + std::string(widths[i] - row[i].size() + gap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
}

}  // namespace

std::string text_table(const TextRow& header, const std::vector<TextRow>& rows) {
    std::vector<TextRow> lines = {header};
    std::vector<std::size_t> widths(header.size());
    for (const TextRow& row : rows) {
        TextRow& line = lines.emplace_back();
        for (const std::string& cell : row) line.push_back(printable(cell));
    }
    for (const TextRow& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], line[i].size());
        }
    }
    std::string out;
    for (const TextRow& line : lines) append_line(out, line, widths);
    return out;
}

std::string text_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::size_t width = 0;
    for (const auto& [name, value] : fields) width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, value] : fields) {
        out += name + ":" + std::string(width - name.size() + gap, ' ') + printable(value) + "\n";
    }
    return out;
}

}  // namespace tsb

#include "core/pg/result_fields.hpp"

#include <algorithm>

#include "core/pg/server_message.hpp"

namespace tsb {

void require_shape(const ResultSet& result, std::size_t rows, std::size_t columns) {
    const bool wide_enough =
        std::ranges::all_of(result.rows, [&](const auto& row) { return row.size() >= columns; });
    if (result.rows.size() != rows || !wide_enough) {
        throw Error(ErrorCode::protocol, "the server sent a result set of unexpected shape (" +
                                             std::to_string(result.rows.size()) + " rows)");
    }
}

const std::string& text_field(const ResultSet& result, std::size_t row, std::size_t column) {
    const auto& field = result.rows.at(row).at(column);
    if (!field) {
        throw Error(ErrorCode::protocol, "the server sent NULL where a value belongs");
    }
    return *field;
}

Lsn lsn_field(const ResultSet& result, std::size_t row, std::size_t column) {
    const auto& text = text_field(result, row, column);
    const auto lsn = parse_lsn(text);
    if (!lsn) {
        malformed_field(text);
    }
    return *lsn;
}

void malformed_field(const std::string& text) {
    throw Error(ErrorCode::protocol,
                "the server sent the malformed value '" + one_line(text, 60) + "'");
}

}  // namespace tsb

// Fields of a result set that came from an untrusted server: each getter checks before it gives.
// Error{protocol} when a field is missing, NULL or malformed. Pure.
#pragma once

#include <concepts>
#include <string>

#include "core/base/lsn.hpp"
#include "core/base/whole_number.hpp"
#include "core/pg/session.hpp"

namespace tsb {

/// Error{protocol} unless there are exactly `rows` rows, each with at least `columns` fields.
void require_shape(const ResultSet& result, std::size_t rows, std::size_t columns);
const std::string& text_field(const ResultSet& result, std::size_t row, std::size_t column);
Lsn lsn_field(const ResultSet& result, std::size_t row, std::size_t column);
[[noreturn]] void malformed_field(const std::string& text);

/// The whole of `text` as a decimal number.
template <std::unsigned_integral Number>
Number parse_number(const std::string& text) {
    const auto value = parse_whole<Number>(text);
    if (!value) {
        malformed_field(text);
    }
    return *value;
}

template <std::unsigned_integral Number>
Number number_field(const ResultSet& result, std::size_t row, std::size_t column) {
    return parse_number<Number>(text_field(result, row, column));
}

}  // namespace tsb

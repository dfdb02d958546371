// Decimal numbers in texts that hold nothing else.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace tsb {

/// All of `text` as a number without sign; nothing when it is empty, holds anything else, or the
/// number does not fit. Thread: any.
template <std::unsigned_integral Number>
std::optional<Number> parse_whole(std::string_view text) {
    Number value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

}  // namespace tsb

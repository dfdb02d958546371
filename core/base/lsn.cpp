#include "core/base/lsn.hpp"

#include <spdlog/fmt/fmt.h>

#include <charconv>

namespace tsb {
namespace {

/// One to eight hexadecimal digits and nothing else.
std::optional<std::uint32_t> parse_half(std::string_view text) {
    std::uint32_t value = 0;
    if (text.empty() || text.size() > 8) return std::nullopt;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

}  // namespace

std::string to_string(Lsn lsn) {
    return fmt::format("{:X}/{:X}", lsn.value >> 32, lsn.value & 0xFFFFFFFFU);
}

std::optional<Lsn> parse_lsn(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto high = parse_half(text.substr(0, slash));
    const auto low = parse_half(text.substr(slash + 1));
    if (!high || !low) return std::nullopt;
    return Lsn{std::uint64_t{*high} << 32 | *low};
}

std::string wal_segment_name(Timeline timeline, Lsn lsn, std::uint64_t segment_size) {
    const std::uint64_t segment = lsn.value / segment_size;
    const std::uint64_t segments_per_id = (std::uint64_t{1} << 32) / segment_size;
    return fmt::format("{:08X}{:08X}{:08X}", timeline, segment / segments_per_id,
                       segment % segments_per_id);
}

std::string timeline_history_name(Timeline timeline) {
    return fmt::format("{:08X}.history", timeline);
}

bool valid_segment_size(std::uint64_t size) {
    const bool power_of_two = (size & (size - 1)) == 0;
    return power_of_two && size >= std::uint64_t{1} << 20 && size <= std::uint64_t{1} << 30;
}

}  // namespace tsb

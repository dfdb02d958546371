#include "core/io/compression.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tsb {
namespace {

struct MethodRow {
    CompressionMethod method;
    std::string_view name;
    std::string_view extension;
    int lowest_level;
    int highest_level;
    int default_level;
};

constexpr std::array method_rows{
    MethodRow{CompressionMethod::none, "none", "", 0, 0, 0},
    MethodRow{CompressionMethod::gzip, "gzip", ".gz", 0, 9, 6},
    MethodRow{CompressionMethod::zstd, "zstd", ".zst", 1, 19, 3},
    MethodRow{CompressionMethod::lz4, "lz4", ".lz4", 1, 12, 1},
};

const MethodRow& row_of(CompressionMethod method) {
    return *std::ranges::find(method_rows, method, &MethodRow::method);
}

constexpr std::string_view server_prefix = "server-";

std::optional<int> parse_level(const MethodRow& row, std::string_view text) {
    int level = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, level);
    if (failure != std::errc{} || rest != end || text.front() == '-') return std::nullopt;
    if (level < row.lowest_level || level > row.highest_level) return std::nullopt;
    return level;
}

/// "gzip", "gzip:9", "none".
std::optional<Compression> parse_method(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto row = std::ranges::find(method_rows, text.substr(0, colon), &MethodRow::name);
    if (row == method_rows.end()) return std::nullopt;
    if (colon == text.npos) return Compression(row->method, row->default_level);
    if (row->method == CompressionMethod::none) return std::nullopt;
    const auto level = parse_level(*row, text.substr(colon + 1));
    if (!level) return std::nullopt;
    return Compression(row->method, *level);
}

}  // namespace

std::string to_string(Compression compression) {
    const MethodRow& row = row_of(compression.method);
    std::string text(compression.on_server ? server_prefix : std::string_view());
    text += row.name;
    if (row.method == CompressionMethod::none) return text;
    return text.append(":").append(std::to_string(compression.level));
}

std::optional<Compression> parse_compression(std::string_view text) {
    const bool on_server = text.starts_with(server_prefix);
    if (on_server) text.remove_prefix(server_prefix.size());
    auto compression = parse_method(text);
    if (!on_server) {
        // A bare number is a level of gzip.
        if (const auto level = parse_level(row_of(CompressionMethod::gzip), text)) {
            return Compression(CompressionMethod::gzip, *level);
        }
        return compression;
    }
    if (!compression || compression->level == 0) return std::nullopt;  // "none" has level 0, too
    compression->on_server = true;
    return compression;
}

std::string_view compression_syntax() {
    return "none, a gzip level 0-9, gzip[:0-9], zstd[:1-19], lz4[:1-12], or one of these three "
           "with server- before it";
}

std::string_view method_name(CompressionMethod method) {
    return row_of(method).name;
}

std::string_view file_extension(CompressionMethod method) {
    return row_of(method).extension;
}

}  // namespace tsb

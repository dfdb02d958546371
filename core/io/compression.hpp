// Which compression an archive has: the methods, their levels, their file-name endings, and the
// spelling "gzip:6" that the configuration, the command line and metadata share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tsb {

enum class CompressionMethod { none, gzip, zstd, lz4 };

struct Compression {
    constexpr Compression() = default;
    constexpr Compression(CompressionMethod m, int l) : method(m), level(l) {}
    CompressionMethod method = CompressionMethod::gzip;
    int level = 6;
    bool operator==(const Compression&) const = default;
};

/// "gzip:6", "zstd:3", "lz4:1", "none". gzip:0 stores without compressing, still as gzip.
std::string to_string(Compression compression);
/// Parses "6" (gzip level), "gzip", "gzip:9", "zstd:3", "lz4", "none"; nothing when malformed or
/// the level is out of range (gzip 0-9, zstd 1-19, lz4 1-12). Defaults: gzip 6, zstd 3, lz4 1.
std::optional<Compression> parse_compression(std::string_view text);
/// What parse_compression accepts, for "expected ..." messages.
std::string_view compression_syntax();
/// "", ".gz", ".zst", ".lz4"
std::string_view file_extension(CompressionMethod method);

}  // namespace tsb

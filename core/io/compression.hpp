// Which compression an archive has: the methods, their levels, who compresses, their file-name
// endings, and the spelling "gzip:6" that the configuration, the command line and metadata share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tsb {

enum class CompressionMethod { none, gzip, zstd, lz4 };

struct Compression {
    constexpr Compression() = default;
    constexpr Compression(CompressionMethod m, int l, bool server = false)
        : method(m), level(l), on_server(server) {}
    CompressionMethod method = CompressionMethod::gzip;
    int level = 6;
    bool on_server = false;  // PostgreSQL 15 and newer compress before they send
    bool operator==(const Compression&) const = default;
};

/// "gzip:6", "zstd:3", "lz4:1", "none", "server-gzip:6". gzip:0 stores without compressing, still
/// as gzip.
std::string to_string(Compression compression);
/// Parses "6" (gzip level), "gzip", "gzip:9", "zstd:3", "lz4", "none"; nothing when malformed or
/// the level is out of range (gzip 0-9, zstd 1-19, lz4 1-12). Defaults: gzip 6, zstd 3, lz4 1.
/// With "server-" before it the server compresses; its gzip has no level 0.
std::optional<Compression> parse_compression(std::string_view text);
/// What parse_compression accepts, for "expected ..." messages.
std::string_view compression_syntax();
/// "none", "gzip", "zstd", "lz4": also what PostgreSQL calls them.
std::string_view method_name(CompressionMethod method);
/// "", ".gz", ".zst", ".lz4"
std::string_view file_extension(CompressionMethod method);

}  // namespace tsb

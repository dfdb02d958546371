// Texts of small manifests, good ones and their parts, for the tests of reading and proving.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/pg/manifest.hpp"
#include "tests/support/memory_source.hpp"

namespace tsb::test {

inline const std::string abc_sha256 =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

inline std::string file_line(const std::string& path, const std::string& size = "3") {
    return R"({ "Path": ")" + path + R"(", "Size": )" + size +
           R"(, "Last-Modified": "2026-11-23 02:04:48 GMT", "Checksum-Algorithm": "SHA256", )"
           R"("Checksum": ")" +
           abc_sha256 + "\" }";
}

inline std::string range_line(const std::string& timeline = "1",
                              const std::string& start = "0/2000028",
                              const std::string& end = "0/2000100") {
    return R"({ "Timeline": )" + timeline + R"(, "Start-LSN": ")" + start + R"(", "End-LSN": ")" +
           end + "\" }";
}

/// Adds the last line, with the digest of `lines`.
inline std::string sealed(const std::string& lines) {
    return lines + R"("Manifest-Checksum": ")" + sha256_hex(as_bytes(lines)) + "\"}\n";
}

struct Parts {
    std::string head = R"({ "PostgreSQL-Backup-Manifest-Version": 1,)";
    std::string files = file_line("PG_VERSION") + ",\n" + file_line("base/1/112");
    std::string ranges = range_line();
};

inline std::string manifest_text(const Parts& parts = {}) {
    return sealed(parts.head + "\n\"Files\": [\n" + parts.files + "\n],\n\"WAL-Ranges\": [\n" +
                  parts.ranges + "\n],\n");
}
inline std::string with_head(const std::string& head) {
    return manifest_text({.head = head});
}
inline std::string with_files(const std::string& files) {
    return manifest_text({.files = files});
}
inline std::string with_ranges(const std::string& ranges) {
    return manifest_text({.ranges = ranges});
}

inline Manifest parse(const std::string& text, std::size_t step = 4096) {
    MemorySource source(text, step);
    return Manifest::parse(source, "backup_manifest");
}

inline std::vector<std::byte> digest_of_abc() {
    return *from_hex(abc_sha256);
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace tsb::test

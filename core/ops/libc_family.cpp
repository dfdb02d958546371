#include "core/ops/libc_family.hpp"

#include <array>
#include <fstream>
#include <string>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr int first_with_versions = 15;

/// C, POSIX, and C.UTF-8 and its like, which have no version with glibc either.
bool sorts_by_bytes(const std::string& collation) {
    return collation.starts_with("C ") || collation.starts_with("C.") ||
           collation.starts_with("POSIX ");
}

}  // namespace

const char* to_string(LibcFamily family) {
    switch (family) {
        case LibcFamily::glibc:
            return "glibc";
        case LibcFamily::musl:
            return "musl";
        case LibcFamily::unknown:
            break;
    }
    return "unknown";
}

// DatabaseInfo::collation is "en_US.UTF-8 (libc 2.36)", "en_US.UTF-8 (libc)", "de (icu 153.14)".
LibcFamily libc_of(const Metadata& metadata) {
    if (metadata.server_major() < first_with_versions) return LibcFamily::unknown;
    LibcFamily family = LibcFamily::unknown;
    for (const DatabaseInfo& database : metadata.databases) {
        if (database.collation.ends_with(")") &&
            database.collation.find(" (libc ") != std::string::npos) {
            return LibcFamily::glibc;
        }
        if (database.collation.ends_with(" (libc)") && !sorts_by_bytes(database.collation)) {
            family = LibcFamily::musl;
        }
    }
    return family;
}

LibcFamily libc_of_program(const std::filesystem::path& program) {
    // The name stands right behind the headers.
    std::array<char, 4096> start{};
    std::ifstream file(program, std::ios::binary);
    file.read(start.data(), start.size());
    const std::string_view text(start.data(), static_cast<std::size_t>(file.gcount()));
    if (!text.starts_with("\x7f"
                          "ELF")) {
        return LibcFamily::unknown;
    }
    if (text.find("/ld-musl-") != std::string_view::npos) return LibcFamily::musl;
    if (text.find("/ld-linux") != std::string_view::npos) return LibcFamily::glibc;
    return LibcFamily::unknown;
}

bool sort_differently(LibcFamily a, LibcFamily b) {
    return a != LibcFamily::unknown && b != LibcFamily::unknown && a != b;
}

std::string libc_note(const Metadata& metadata, const std::filesystem::path& binaries) {
    const LibcFamily there = libc_of(metadata);
    const LibcFamily here = libc_of_program(binaries / "postgres");
    if (!sort_differently(there, here)) return {};
    return std::string("the backup is of a server with ") + to_string(there) +
           ", the one here has " + to_string(here) +
           ", which sorts texts differently: indexes on them would be wrong";
}

void require_same_libc(const Metadata& metadata, const std::filesystem::path& binaries) {
    const std::string difference = libc_note(metadata, binaries);
    if (difference.empty()) return;
    throw Error(ErrorCode::version_mismatch, "cannot restore: " + difference,
                "restore where PostgreSQL has the same C library, or take single databases over: "
                "restore BACKUP --database NAME --to FILE");
}

}  // namespace tsb

// Whose rules sort a cluster's texts: the C library's. glibc and musl sort differently, so that an
// index on text that one of them wrote is in the wrong order for the other: rows are not found, and
// unique keys can be there twice.
#pragma once

#include <filesystem>
#include <string>

#include "core/repo/metadata.hpp"

namespace tsb {

enum class LibcFamily { unknown, glibc, musl };
const char* to_string(LibcFamily family);

/// That of the server that was backed up, as its collations tell: PostgreSQL from 15 on records
/// glibc's version with each, and none with musl, which has no versions. Unknown where all are C
/// or POSIX, which everybody sorts alike, or of ICU, and of earlier versions. Pure.
LibcFamily libc_of(const Metadata& metadata);

/// That of a program: by the loader its ELF header names. Unknown when it cannot be read. Thread:
/// any (reads the disk).
LibcFamily libc_of_program(const std::filesystem::path& program);

/// True when both are known, and are two. Pure.
bool sort_differently(LibcFamily a, LibcFamily b);

/// Error{version_mismatch} when the server in `binaries` sorts differently than the one that was
/// backed up. Thread: any (reads the disk).
void require_same_libc(const Metadata& metadata, const std::filesystem::path& binaries);

/// The same as a sentence for who restores a copy, which may be meant for another machine; empty
/// when there is nothing to tell. Thread: any (reads the disk).
std::string libc_note(const Metadata& metadata, const std::filesystem::path& binaries);

}  // namespace tsb

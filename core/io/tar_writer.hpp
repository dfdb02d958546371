// Writes ustar headers: for pg_wal.tar, which the WAL stream assembles.
#pragma once

#include <array>
#include <string>

#include "core/base/bytes.hpp"

namespace tsb {

/// One 512-byte ustar header of a regular file (0600, uid and gid 0). `path` at most 100 bytes,
/// `size` below 8 GiB, `mtime` seconds since 1970.
std::array<std::byte, 512> tar_file_header(const std::string& path, std::uint64_t size,
                                           std::int64_t mtime);
/// Zero bytes that fill a member of `size` bytes up to a 512-byte record.
Bytes tar_padding(std::uint64_t size);
/// The two zero records that end an archive.
Bytes tar_end();

}  // namespace tsb

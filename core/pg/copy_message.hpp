// The typed CopyData messages of a base backup from PostgreSQL 15 and newer.
// Source: PostgreSQL documentation, "Streaming Replication Protocol", BASE_BACKUP. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/bytes.hpp"

namespace tsb {

/// Longest CopyData message taken from a server; they send at most 32 KiB at a time, WAL 128 KiB.
constexpr std::size_t max_copy_message = std::size_t{1} << 20;
/// A tablespace's path is no longer, in bytes.
constexpr std::size_t max_location = 4096;

struct CopyMessage {
    enum class Kind { archive, data, progress, manifest };
    Kind kind = Kind::data;
    std::string_view archive;   // archive: its name without the ending, proven safe
    std::string_view location;  // archive: the tablespace's; empty for the main data directory
    std::uint64_t bytes = 0;    // progress: sent so far
};

/// Error{protocol} for anything malformed, archive names without `archive_ending` among them. What
/// it gives lies in `message`; data begins at its second byte.
CopyMessage parse_copy_message(Bytes message, std::string_view archive_ending = ".tar");

}  // namespace tsb

// Text of replication commands by server version (13 to 18).
// Source: PostgreSQL documentation, "Streaming Replication Protocol", of each version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/lsn.hpp"
#include "core/io/compression.hpp"
#include "core/io/digest.hpp"

namespace tsb {

enum class CheckpointMode { fast, spread };

struct BaseBackupOptions {
    BaseBackupOptions() = default;
    std::string label;
    CheckpointMode checkpoint = CheckpointMode::fast;
    std::uint32_t max_rate_kb = 0;  // kB/s, 32 to 1048576; 0: unlimited
    DigestKind manifest_checksums = DigestKind::sha256;
    Compression compression{CompressionMethod::none, 0};  // used when it is the server's
};

/// BASE_BACKUP with progress, manifest, tablespace map, page checksums verified, and no WAL in
/// the archive (it is streamed beside). Errors as require_supported_server().
std::string base_backup_command(int server_version, const BaseBackupOptions& options);
/// Temporary physical slot that reserves WAL at once.
std::string create_slot_command(int server_version, std::string_view slot);
std::string start_replication_command(std::string_view slot, Lsn start, Timeline timeline);
std::string timeline_history_command(Timeline timeline);

/// Error{version_mismatch} naming the version unless its major is 13 to 18, and 15 or newer when
/// `compression` is the server's.
void require_supported_server(int server_version, const Compression& compression = {});

}  // namespace tsb

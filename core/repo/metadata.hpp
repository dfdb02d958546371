// metadata.json of a backup: what it is, where it came from, what is stored. The file carries a
// SHA-256 of itself as its last line, so that a flipped bit in it is found like any other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/cluster_info.hpp"
#include "core/base/lsn.hpp"
#include "core/io/archive_writer.hpp"
#include "core/io/compression.hpp"

namespace tsb {

enum class BackupFormat { tar, plain };
std::string_view to_string(BackupFormat format);
std::optional<BackupFormat> parse_backup_format(std::string_view text);

struct Metadata {
    std::string id;
    std::string cluster;
    std::string label;
    std::string tsbackup_version;
    std::string job_id;
    BackupFormat format = BackupFormat::tar;
    Compression compression;

    std::string server_version;  // "17.11 (Debian 17.11-1.pgdg13+1)"
    int server_version_num = 0;  // 170011
    std::uint64_t system_identifier = 0;
    bool from_standby = false;
    std::uint64_t wal_segment_size = 0;
    Timeline timeline = 0;  // at the start
    Lsn start_lsn;
    Lsn end_lsn;
    std::vector<WalRange> wal_ranges;  // of the manifest
    std::vector<TablespaceInfo> tablespaces;
    std::vector<DatabaseInfo> databases;

    SystemTime started_at;
    SystemTime stopped_at;
    std::string server_stopped_at;    // the server's clock at the end, ISO 8601; may be empty
    std::uint64_t checkpoint_ms = 0;  // waiting for the first byte
    std::uint64_t copy_ms = 0;
    std::uint64_t total_ms = 0;

    std::uint64_t cluster_bytes = 0;  // sum of member sizes, WAL included
    std::uint64_t stored_bytes = 0;   // sum of files[].size
    std::uint64_t member_count = 0;   // files in the manifest
    std::vector<StoredFile> files;    // every stored file but metadata.json; format plain: those
                                      // that the manifest does not list
    std::vector<std::string> directories;  // format plain: every directory of the tree, sorted

    int server_major() const { return server_version_num / 10000; }
};

/// The text of metadata.json. Thread: any.
std::string encode_metadata(const Metadata& metadata);
/// The inverse, from untrusted text; Error{damaged} when anything is missing, malformed or the
/// checksum line does not match. Thread: any.
Metadata decode_metadata(std::string_view text);

}  // namespace tsb

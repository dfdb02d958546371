// What must be true before a backup stores its first byte.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "core/ops/backup.hpp"
#include "core/pg/server_facts.hpp"

namespace tsb {

/// For the answer to a short command.
inline constexpr std::chrono::seconds command_limit{60};

/// The source as both sessions see it.
struct BackupSource {
    BackupSource() = default;
    int server_version = 0;
    ServerIdentity identity;
    ServerSettings settings;
};

/// Supported version (also for `compression`), settings, and both sessions on the same cluster.
/// Throws the first finding with its own code. Thread: loop.
boost::asio::awaitable<BackupSource> check_source(ReplicationSession& data, ReplicationSession& wal,
                                                  const Compression& compression);

/// Error{wrong_cluster} when the cluster's newest good backup came from another system
/// identifier; Error{repository_missing} when the repository is not there any more.
void require_own_repository(Repository& repository, const std::string& cluster,
                            std::uint64_t system_identifier);

/// Bytes a backup of `cluster_bytes` will take: by the ratio of the newest good backup with the
/// same format and method, with a fifth added; without one, cluster_bytes when uncompressed and
/// two fifths of it when compressed (TimescaleDB and pgbench data take a seventh to a third). Pure.
std::uint64_t estimate_stored_bytes(std::uint64_t cluster_bytes, const BackupOptions& options,
                                    const Metadata* previous);

/// Error{disk_full} when the estimate does not fit into the repository's free space.
void require_space(Repository& repository, const BackupOptions& options,
                   std::uint64_t cluster_bytes);

}  // namespace tsb

#include "core/ops/backup_checks.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/human.hpp"

namespace tsb {

namespace asio = boost::asio;

asio::awaitable<BackupSource> check_source(ReplicationSession& data, ReplicationSession& wal,
                                           const Compression& compression) {
    BackupSource source;
    source.server_version = data.server_version();
    require_supported_server(source.server_version, compression);
    source.settings = co_await read_settings(data);
    require_backup_settings(source.settings);
    source.identity = co_await identify(data);
    const ServerIdentity other = co_await identify(wal);
    require_same_cluster(source.identity, other);
    co_return source;
}

namespace {

/// Also one that was found damaged: its metadata still tells whose it is.
std::shared_ptr<const Metadata> newest_known(Repository& repository, const std::string& cluster) {
    const std::vector<BackupEntry> entries = repository.list(cluster);
    const auto newest =
        std::find_if(entries.rbegin(), entries.rend(),
                     [](const BackupEntry& entry) { return entry.metadata != nullptr; });
    return newest == entries.rend() ? nullptr : newest->metadata;
}

}  // namespace

void require_own_repository(Repository& repository, const std::string& cluster,
                            std::uint64_t system_identifier) {
    repository.require_there();
    const auto newest = newest_known(repository, cluster);
    if (newest && newest->system_identifier != system_identifier) {
        throw Error(ErrorCode::wrong_cluster,
                    "cannot back up '" + cluster + "': the server's system identifier is " +
                        std::to_string(system_identifier) + " but its backups here are of " +
                        std::to_string(newest->system_identifier),
                    "the connection leads to another cluster, or the cluster was made anew: give "
                    "the new one its own name in the configuration");
    }
}

std::uint64_t estimate_stored_bytes(std::uint64_t cluster_bytes, const BackupOptions& options,
                                    const Metadata* previous) {
    if (options.format == BackupFormat::plain ||
        options.compression.method == CompressionMethod::none) {
        return cluster_bytes;
    }
    const bool comparable = previous && previous->cluster_bytes > 0 &&
                            previous->format == options.format &&
                            previous->compression.method == options.compression.method;
    const double ratio = comparable ? 1.2 * static_cast<double>(previous->stored_bytes) /
                                          static_cast<double>(previous->cluster_bytes)
                                    : 0.4;
    return static_cast<std::uint64_t>(static_cast<double>(cluster_bytes) * std::min(ratio, 1.0));
}

void require_space(Repository& repository, const BackupOptions& options,
                   std::uint64_t cluster_bytes) {
    const auto previous = repository.newest_good(options.cluster);
    const std::uint64_t needed = estimate_stored_bytes(cluster_bytes, options, previous.get());
    const std::uint64_t free = repository.free_bytes();
    if (needed > free) {
        throw Error(ErrorCode::disk_full,
                    "cannot back up '" + options.cluster + "': about " + human_size(needed) +
                        " needed, " + human_size(free) + " free in repository '" +
                        repository.path().string() + "'",
                    "free space there, or choose a stronger compression");
    }
}

}  // namespace tsb

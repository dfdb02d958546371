// What a repository holds, for those who read it.
#include <algorithm>

#include "core/base/error.hpp"
#include "core/repo/names.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

constexpr std::uint64_t largest_metadata = 64ULL << 20;

/// Also refuses metadata that belongs to another backup: two directories may have been swapped.
Metadata read_metadata(Fs& fs, int backup, const std::string& cluster, const std::string& id) {
    Metadata metadata =
        decode_metadata(read_whole_file(fs, backup, names::metadata_file, largest_metadata));
    if (metadata.id != id || metadata.cluster != cluster) {
        throw Error(ErrorCode::damaged, "cannot read metadata.json: it is that of backup '" +
                                            metadata.id + "' of cluster '" + metadata.cluster +
                                            "'");
    }
    return metadata;
}

bool is_directory(Fs& fs, int parent, const std::string& path) {
    const auto status = fs.status(parent, path);
    return status && status->kind == FileKind::directory;
}

bool is_cluster(Fs& fs, int root, const std::string& name) {
    return names::valid_cluster_name(name) && is_directory(fs, root, name) &&
           is_directory(fs, root, names::join(name, names::backups_directory));
}

/// Cheap proof that what the metadata lists is there: names and sizes, no content.
void require_stored_files(Fs& fs, int backup, const Metadata& metadata) {
    for (const StoredFile& file : metadata.files) {
        const auto status = fs.status(backup, file.name);
        if (!status || status->kind != FileKind::file) {
            throw Error(ErrorCode::damaged, "'" + printable(file.name) + "' is missing");
        }
        if (status->size != file.size) {
            throw Error(ErrorCode::damaged, "'" + printable(file.name) + "' has " +
                                                std::to_string(status->size) +
                                                " bytes instead of " + std::to_string(file.size));
        }
    }
}

/// One backup of a cluster's open backups/; nothing when the name is not a backup's. What was read
/// before is taken while neither metadata.json nor the directory changed.
std::optional<BackupEntry> read_entry(Fs& fs, int backups, const std::string& cluster,
                                      const std::string& id, MetadataCache& cache) {
    BackupEntry entry{cluster, id, nullptr, {}};
    try {
        const auto directory = fs.status(backups, id);
        if (!directory || directory->kind != FileKind::directory) return std::nullopt;
        const auto file = fs.status(backups, names::join(id, names::metadata_file));
        const MetadataCache::Stamp stamp{*directory, file.value_or(FileStatus())};
        entry.metadata = cache.find(cluster, id, stamp);
        if (entry.metadata) return entry;
        const Fd backup = fs.open_directory(backups, id);
        auto metadata =
            std::make_shared<const Metadata>(read_metadata(fs, backup.get(), cluster, id));
        require_stored_files(fs, backup.get(), *metadata);
        entry.metadata = std::move(metadata);
        cache.keep(cluster, id, stamp, entry.metadata);
    } catch (const Error& error) {
        entry.problem = error.what();
    }
    return entry;
}

Error no_backup(const std::string& cluster, const std::string& id) {
    return {ErrorCode::not_found,
            "cannot open backup '" + printable(id) + "' of cluster '" + printable(cluster) +
                "': there is no such backup",
            "see `tsbackupctl list`"};
}

}  // namespace

/// Nothing for a cluster that has no directory here.
Fd Repository::open_cluster(const std::string& cluster) {
    if (!is_cluster(*fs_, root_.get(), cluster)) return {};
    return fs_->open_directory(root_.get(), cluster);
}

std::vector<std::string> Repository::clusters() {
    std::vector<std::string> found;
    for (const std::string& name : fs_->entries(root_.get())) {
        if (is_cluster(*fs_, root_.get(), name)) found.push_back(name);
    }
    return found;
}

std::vector<BackupEntry> Repository::list(const std::string& cluster) {
    std::vector<BackupEntry> entries;
    const Fd directory = open_cluster(cluster);
    if (!directory) return entries;
    const Fd backups = fs_->open_directory(directory.get(), names::backups_directory);
    const std::vector<std::string> found = fs_->entries(backups.get());
    for (const std::string& id : found) {
        if (!names::parse_backup_id(id)) continue;
        auto entry = read_entry(*fs_, backups.get(), cluster, id, *cache_);
        if (entry) entries.push_back(std::move(*entry));
    }
    cache_->forget_others(
        cluster, [&](const std::string& id) { return std::ranges::binary_search(found, id); });
    return entries;
}

std::shared_ptr<const Metadata> Repository::newest_good(const std::string& cluster) {
    const std::vector<BackupEntry> entries = list(cluster);
    const auto newest = std::find_if(entries.rbegin(), entries.rend(),
                                     [](const BackupEntry& e) { return e.metadata != nullptr; });
    return newest == entries.rend() ? nullptr : newest->metadata;
}

BackupHandle Repository::open_backup(const std::string& cluster, const std::string& wanted) {
    std::string id = wanted;
    const Fd directory = open_cluster(cluster);
    if (!directory) throw no_backup(cluster, id);
    if (wanted == "latest") {
        const std::vector<BackupEntry> entries = list(cluster);
        if (entries.empty()) throw no_backup(cluster, wanted);
        id = entries.back().id;
        if (!entries.back().metadata) {
            throw Error(ErrorCode::damaged,
                        "cannot open the latest backup '" + id + "': " + entries.back().problem,
                        "an older one must be named: see `tsbackupctl list`");
        }
    }
    const std::string path = names::join(names::backups_directory, id);
    if (!names::parse_backup_id(id) || !is_directory(*fs_, directory.get(), path)) {
        throw no_backup(cluster, id);
    }

    BackupHandle handle;
    handle.cluster = cluster;
    handle.id = id;
    handle.directory = fs_->open_directory(directory.get(), path);
    // Who removes a backup holds it exclusively and renames it away: look again under the lock.
    if (!fs_->try_lock(handle.directory.get(), LockKind::shared) ||
        !is_directory(*fs_, directory.get(), path)) {
        throw Error(ErrorCode::busy, "cannot open backup '" + id + "': it is being removed");
    }
    try {
        handle.metadata = read_metadata(*fs_, handle.directory.get(), cluster, id);
    } catch (const Error& error) {
        throw Error(ErrorCode::damaged, "cannot open backup '" + id + "': " + error.what());
    }
    return handle;
}

}  // namespace tsb

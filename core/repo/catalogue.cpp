// What a repository holds, for those who read it.
#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>

#include "core/base/error.hpp"
#include "core/repo/backup_directory.hpp"
#include "core/repo/names.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

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
    BackupEntry entry;
    entry.cluster = cluster;
    entry.id = id;
    try {
        const auto directory = fs.status(backups, id);
        if (!directory || directory->kind != FileKind::directory) return std::nullopt;
        const auto file = fs.status(backups, names::join(id, names::metadata_file));
        const BackupStamp stamp{*directory, file.value_or(FileStatus())};
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

/// Below it, threads cost more than they save.
constexpr std::size_t worth_a_thread = 1000;

/// One for each of `ids`. Of thousands, it is the system calls that take the time: two threads
/// share them.
std::vector<std::optional<BackupEntry>> read_entries(Fs& fs, int backups,
                                                     const std::string& cluster,
                                                     const std::vector<std::string>& ids,
                                                     MetadataCache& cache) {
    std::vector<std::optional<BackupEntry>> entries(ids.size());
    const auto read = [&](std::size_t begin, std::size_t end) {
        for (std::size_t index = begin; index < end; ++index) {
            entries[index] = read_entry(fs, backups, cluster, ids[index], cache);
        }
    };
    std::size_t half = ids.size() < worth_a_thread ? 0 : ids.size() / 2;
    std::exception_ptr failed;
    std::jthread helper;
    const auto read_first_half = [&, end = half] {
        try {
            read(0, end);
        } catch (...) {
            failed = std::current_exception();
        }
    };
    try {
        if (half > 0) helper = std::jthread(read_first_half);
    } catch (const std::system_error&) {
        half = 0;  // there is no thread to be had: this one does it all
    }
    read(half, ids.size());
    if (helper.joinable()) helper.join();
    if (failed) std::rethrow_exception(failed);
    return entries;
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
    std::vector<std::string> found = fs_->entries(backups.get());
    std::erase_if(found, [](const std::string& id) { return !names::parse_backup_id(id); });
    const NotesListing notes(*fs_, directory.get(), cluster, *notes_cache_);
    for (auto& entry : read_entries(*fs_, backups.get(), cluster, found, *metadata_cache_)) {
        if (!entry) continue;
        entry->notes = notes.of(entry->id);
        entries.push_back(std::move(*entry));
    }
    metadata_cache_->forget_others(
        cluster, [&](const std::string& id) { return std::ranges::binary_search(found, id); });
    return entries;
}

std::shared_ptr<const Metadata> Repository::newest_good(const std::string& cluster) {
    const std::vector<BackupEntry> entries = list(cluster);
    const auto newest = std::find_if(entries.rbegin(), entries.rend(),
                                     [](const BackupEntry& entry) { return entry.good(); });
    return newest == entries.rend() ? nullptr : newest->metadata;
}

Fd Repository::hold_for_reading(int cluster_directory, const std::string& id) {
    const std::lock_guard one_change(*change_mutex_);  // in_use() holds each for a moment
    Fd directory =
        fs_->open_directory(cluster_directory, names::join(names::backups_directory, id));
    // Who removes a backup holds it exclusively and renames it away: look again under the lock.
    if (!fs_->try_lock(directory.get(), LockKind::shared) ||
        !has_backup(*fs_, cluster_directory, id)) {
        throw Error(ErrorCode::busy, "cannot open backup '" + id + "': it is being removed");
    }
    return directory;
}

BackupHandle Repository::open_backup(const std::string& cluster, const std::string& wanted) {
    std::string id = wanted;
    const Fd directory = open_cluster(cluster);
    if (!directory) throw no_backup("open", cluster, id);
    if (wanted == "latest") {
        const std::vector<BackupEntry> entries = list(cluster);
        if (entries.empty()) throw no_backup("open", cluster, wanted);
        id = entries.back().id;
        if (!entries.back().good()) {
            throw Error(
                ErrorCode::damaged,
                "cannot open the latest backup '" + id + "': " + entries.back().why_not_good(),
                "an older one must be named: see `tsbackupctl list`");
        }
    }
    if (!has_backup(*fs_, directory.get(), id)) throw no_backup("open", cluster, id);

    BackupHandle handle;
    handle.cluster = cluster;
    handle.id = id;
    handle.directory = hold_for_reading(directory.get(), id);
    try {
        handle.metadata = read_metadata(*fs_, handle.directory.get(), cluster, id);
    } catch (const Error& error) {
        throw Error(ErrorCode::damaged, "cannot open backup '" + id + "': " + error.what());
    }
    return handle;
}

}  // namespace tsb

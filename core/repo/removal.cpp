// Taking a backup away (invariant I3). The rename to trash/ is the point of no return: before it
// the backup is listed and whole, after it the backup is gone and whoever comes next finishes. No
// step takes space.
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/repo/backup_directory.hpp"
#include "core/repo/names.hpp"
#include "core/repo/notes_directory.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

Error cannot_remove(const std::string& id, ErrorCode code, const std::string& cause,
                    std::string hint = {}) {
    return {code, "cannot remove backup '" + id + "': " + cause, std::move(hint)};
}

void refuse_pinned(const std::string& id, const BackupNotes& notes) {
    if (!notes.pinned()) return;
    throw cannot_remove(id, ErrorCode::refused,
                        notes.problem.empty()
                            ? "it is kept: " + printable(notes.pin->reason)
                            : "its notes may say that it is kept: " + notes.problem,
                        "`tsbackupctl unkeep` gives it free");
}

/// 0 when that cannot be told.
std::uint64_t stored_bytes_of(Fs& fs, int backup, const std::string& cluster,
                              const std::string& id) {
    try {
        return read_metadata(fs, backup, cluster, id).stored_bytes;
    } catch (const Error&) {
        return 0;  // a broken backup is removed like any other
    }
}

}  // namespace

/// Holds its directory exclusively: nobody reads it, and nobody can begin to.
Fd Repository::open_unused(int cluster_directory, const std::string& id) {
    const std::string path = names::join(names::backups_directory, id);
    Fd directory = fs_->open_directory(cluster_directory, path);
    if (!fs_->try_lock(directory.get(), LockKind::exclusive)) return {};
    return directory;
}

bool Repository::in_use(const std::string& cluster, const std::string& id) {
    const std::lock_guard one_change(*change_mutex_);
    const Fd directory = open_cluster(cluster);
    if (!directory || !has_backup(*fs_, directory.get(), id)) {
        throw no_backup("look at", cluster, id);
    }
    return !open_unused(directory.get(), id);
}

std::uint64_t Repository::remove_backup(const std::string& cluster, const std::string& id) {
    require_lock("remove a backup");
    const Fd directory = open_cluster(cluster);
    if (!directory) throw no_backup("remove", cluster, id);
    const Fd trash = fs_->open_directory(directory.get(), names::trash_directory);
    std::uint64_t bytes = 0;
    Fd backup;
    {
        const std::lock_guard one_change(*change_mutex_);
        if (!has_backup(*fs_, directory.get(), id)) throw no_backup("remove", cluster, id);
        backup = open_unused(directory.get(), id);
        if (!backup) throw cannot_remove(id, ErrorCode::busy, "it is in use");
        refuse_pinned(id, notes_or_problem(*fs_, directory.get(), cluster, id));
        bytes = stored_bytes_of(*fs_, backup.get(), cluster, id);
        move_to_trash(directory.get(), trash.get(), id);
    }
    // Until its end the lock tells a reader who opened the directory before that it is going away.
    remove_tree(*fs_, trash.get(), id);
    fs_->sync(trash.get());
    forget_notes(directory.get(), cluster, id);
    return bytes;
}

void Repository::move_to_trash(int cluster_directory, int trash, const std::string& id) {
    if (fs_->status(trash, id)) {
        // Of a removal that failed; its name is needed.
        remove_tree(*fs_, trash, id);
        fs_->sync(trash);
    }
    const Fd backups = fs_->open_directory(cluster_directory, names::backups_directory);
    fs_->rename(backups.get(), id, trash, id, RenameMode::no_replace);
    try {
        // Before anything in it goes: a power cut must not bring back a name that stands for a
        // part.
        fs_->sync(backups.get());
        fs_->sync(trash);
    } catch (const Error& error) {
        throw Error(error.code(),
                    "backup '" + id +
                        "' is in the trash, but whether it stays there over a power cut is "
                        "uncertain: " +
                        error.what(),
                    "the next start of the daemon removes it; check the disk below the repository");
    }
}

void Repository::forget_notes(int cluster_directory, const std::string& cluster,
                              const std::string& id) {
    try {
        const std::lock_guard one_change(*change_mutex_);
        NotesDirectory(*fs_, cluster_directory, cluster).remove(id);
    } catch (const Error& error) {
        // The backup is gone and its space is back, which is what was asked for.
        log(LogLevel::warning, "",
            "cannot remove the notes of removed backup '" + id + "': " + error.what() +
                "; the next start of the daemon will");
    }
}

}  // namespace tsb

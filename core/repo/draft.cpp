// A backup from its first directory to the rename that commits it. The order of the calls is the
// protocol (invariants I1 and I2); each comment says what would break without its step.
#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/io/digest.hpp"
#include "core/repo/cluster_directories.hpp"
#include "core/repo/names.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

/// Deepest first, the directory itself last. Files were synced by who wrote them.
void sync_directories(Fs& fs, int directory) {
    for (const std::string& name : fs.entries(directory)) {
        const auto status = fs.status(directory, name);
        if (!status || status->kind != FileKind::directory) continue;
        const Fd below = fs.open_directory(directory, name);
        sync_directories(fs, below.get());
    }
    fs.sync(directory);
}

StoredFile write_stored_file(Fs& fs, int directory, const char* name, const std::string& text) {
    write_new_file(fs, directory, name, as_bytes(text));
    return {name, text.size(), sha256_hex(as_bytes(text))};
}

/// What is listed must be readable: metadata that would be refused is a bug, found before commit.
std::string readable_text(const Metadata& metadata) {
    std::string text = encode_metadata(metadata);
    try {
        decode_metadata(text);
    } catch (const Error& error) {
        throw Error(ErrorCode::internal,
                    std::string("the backup's metadata is not sound: ") + error.what());
    }
    return text;
}

}  // namespace

BackupDraft::BackupDraft(Repository& repository, const std::string& cluster, SystemTime now)
    : repository_(repository), cluster_(cluster) {
    repository.require_lock("begin a backup");
    Fs& fs = repository.fs();
    cluster_directory_ = make_cluster_directories(fs, repository.root_.get(), cluster);
    id_ = names::next_backup_id(now, greatest_id());
    const Fd in_progress =
        fs.open_directory(cluster_directory_.get(), names::in_progress_directory);
    fs.make_directory(in_progress.get(), id_, 0700);
    open_ = true;
    try {
        fs.sync(in_progress.get());
        directory_ = fs.open_directory(in_progress.get(), id_);
    } catch (...) {
        remove_quietly();  // no destructor runs for an object that was not made
        throw;
    }
}

BackupDraft::~BackupDraft() {
    remove_quietly();
}

void BackupDraft::remove_quietly() noexcept {
    try {
        abort();
    } catch (const std::exception& error) {
        log(LogLevel::warning, "",
            "cannot remove unfinished backup '" + id_ + "': " + error.what() +
                "; the next start of the daemon will");
    }
}

std::string BackupDraft::greatest_id() {
    Fs& fs = repository_.fs();
    std::string greatest;
    for (const char* place :
         {names::backups_directory, names::in_progress_directory, names::trash_directory}) {
        const Fd directory = fs.open_directory(cluster_directory_.get(), place);
        for (const std::string& name : fs.entries(directory.get())) {
            if (names::parse_backup_id(name)) greatest = std::max(greatest, name);
        }
    }
    // Notes that could not be removed with their backup must not speak of another one.
    const NotesDirectory notes(fs, cluster_directory_.get(), cluster_);
    for (const std::string& name : notes.entries()) {
        if (const auto id = names::parse_notes_file(name)) greatest = std::max(greatest, *id);
    }
    return greatest;
}

Metadata BackupDraft::write_description(Metadata metadata) {
    Fs& fs = repository_.fs();
    metadata.id = id_;
    metadata.cluster = cluster_;
    StoredFile notes =
        write_stored_file(fs, directory_.get(), names::restore_notes_file, restore_notes(metadata));
    metadata.stored_bytes += notes.size;
    metadata.files.push_back(std::move(notes));
    write_stored_file(fs, directory_.get(), names::metadata_file, readable_text(metadata));
    return metadata;
}

Metadata BackupDraft::commit(Metadata metadata) {
    if (!open_) throw Error(ErrorCode::internal, "cannot commit backup '" + id_ + "': it ended");
    Fs& fs = repository_.fs();
    metadata = write_description(std::move(metadata));
    // Before the rename: a name in backups/ must never stand for a tree that a power cut thins out.
    sync_directories(fs, directory_.get());
    const Fd backups = fs.open_directory(cluster_directory_.get(), names::backups_directory);
    const Fd in_progress =
        fs.open_directory(cluster_directory_.get(), names::in_progress_directory);

    fs.rename(in_progress.get(), id_, backups.get(), id_, RenameMode::no_replace);
    open_ = false;  // from here on nothing of it is ours to remove
    try {
        fs.sync(backups.get());
        fs.sync(in_progress.get());
    } catch (const Error& error) {
        throw Error(error.code(),
                    "backup '" + id_ +
                        "' is complete and in place, but whether it survives a "
                        "power cut is uncertain: " +
                        error.what(),
                    "verify it, and check the disk below the repository");
    }
    return metadata;
}

void BackupDraft::abort() {
    if (!open_) return;
    Fs& fs = repository_.fs();
    directory_.reset();
    const Fd in_progress =
        fs.open_directory(cluster_directory_.get(), names::in_progress_directory);
    remove_tree(fs, in_progress.get(), id_);
    open_ = false;
    fs.sync(in_progress.get());
}

}  // namespace tsb

#include "core/ops/restore_target.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/pg/pg_control.hpp"

namespace tsb {

namespace {

constexpr const char* label_file = "backup_label";
constexpr std::uint64_t marker_limit = 8192;

std::filesystem::file_status known_status(const std::filesystem::path& path) {
    std::error_code failed;
    const std::filesystem::file_status status = std::filesystem::symlink_status(path, failed);
    if (!std::filesystem::status_known(status)) {
        throw errno_error(failed.value(), "look at", path.string());
    }
    return status;
}

// The marker says that a restore of ours was here. It removes its marker last, so a marked
// directory was never started, unless the kill came just before that and somebody started it
// since: then PostgreSQL has retired backup_label, and the data is theirs.
bool is_left_by_killed_restore(Fs& fs, int data_directory) {
    if (!fs.status(data_directory, restore_marker)) {
        return false;
    }
    const bool startable = fs.status(data_directory, "global").has_value() &&
                           fs.status(data_directory, pg_control_path).has_value();
    return !startable || fs.status(data_directory, label_file).has_value();
}

std::string marker_text(const std::filesystem::path& data_directory) {
    return "tsbackup restore to " + data_directory.string() + "\n";
}

// Nothing in a tablespace tells whether its cluster was started. So only the restore into the same
// data directory, which was found not to be in use, may replace it. An empty marker is one that a
// power cut shortened, before anything else was written.
bool is_tablespace_left_by_killed_restore(Fs& fs, int tablespace,
                                          const std::filesystem::path& data_directory) {
    if (!fs.status(tablespace, restore_marker)) {
        return false;
    }
    if (fs.entries(tablespace).size() == 1) {
        return true;
    }
    return read_whole_file(fs, tablespace, restore_marker, marker_limit) ==
           marker_text(data_directory);
}

Error no_directory(const std::filesystem::path& path) {
    return {ErrorCode::target_not_empty,
            "cannot restore to '" + printable(path.string()) + "': it exists and is no directory"};
}

/// Locks `directory`, which is `path`, and says whether it may be filled.
void lock_usable(Fs& fs, int directory, const std::filesystem::path& path,
                 const std::filesystem::path& data_directory) {
    if (!fs.try_lock(directory, LockKind::exclusive)) {
        throw Error(ErrorCode::busy,
                    "cannot restore to '" + path.string() + "': another restore is filling it");
    }
    const bool leftover = path == data_directory
                              ? is_left_by_killed_restore(fs, directory)
                              : is_tablespace_left_by_killed_restore(fs, directory, data_directory);
    if (!leftover && !fs.entries(directory).empty()) {
        throw Error(ErrorCode::target_not_empty,
                    "cannot restore to '" + path.string() + "': the directory is not empty",
                    "choose a new directory, or move the old data aside first");
    }
}

void require_writable(const std::filesystem::path& directory, const std::filesystem::path& path) {
    if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
        return;
    }
    throw errno_error(errno, "restore to", path.string());
}

}  // namespace

void require_usable_target(Fs& fs, const std::filesystem::path& path,
                           const std::filesystem::path& data_directory) {
    std::filesystem::path existing = path;
    while (!std::filesystem::exists(known_status(existing)) && existing.has_relative_path()) {
        existing = existing.parent_path();
    }
    std::error_code ignored;
    if (!std::filesystem::is_directory(existing, ignored)) {
        throw no_directory(path);
    }
    if (existing == path) {
        const Fd directory = fs.open_root(path);
        lock_usable(fs, directory.get(), path, data_directory);
    }
    require_writable(existing, path);
}

RestoreTarget::RestoreTarget(Fs& fs, const std::filesystem::path& path,
                             const std::filesystem::path& data_directory,
                             std::optional<FileOwner> owner)
    : fs_(fs), path_(path), data_directory_(data_directory), owner_(owner) {
    try {
        open_with_context();
        lock_usable(fs_, directory_.get(), path_, data_directory_);
    } catch (...) {
        discard();
        throw;
    }
}

RestoreTarget::~RestoreTarget() {
    discard();
}

void RestoreTarget::open_with_context() {
    try {
        open_or_create();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::io) {
            throw;
        }
        throw error.with_context("cannot restore to '" + printable(path_.string()) + "'");
    }
}

void RestoreTarget::open_or_create() {
    std::error_code ignored;
    if (!std::filesystem::exists(known_status(path_))) {
        create(path_);
    } else if (!std::filesystem::is_directory(path_, ignored)) {
        throw no_directory(path_);
    }
    directory_ = fs_.open_root(path_);
}

void RestoreTarget::create(const std::filesystem::path& directory) {
    const std::filesystem::path parent_path = directory.parent_path();
    if (!std::filesystem::exists(known_status(parent_path)) && parent_path != directory) {
        create(parent_path);
    }
    const Fd parent = fs_.open_root(parent_path);
    const std::string name = directory.filename().string();
    fs_.make_directory(parent.get(), name, 0700);
    created_.push_back(directory);
    if (owner_) {
        const Fd made = fs_.open_directory(parent.get(), name);
        fs_.set_owner(made.get(), owner_->uid, owner_->gid);
    }
    fs_.sync(parent.get());
}

void RestoreTarget::claim() {
    clear();
    claimed_ = true;
    if (fs_.status(directory_.get(), restore_marker)) {
        fs_.remove_file(directory_.get(), restore_marker);
    }
    if (owner_) {
        fs_.set_owner(directory_.get(), owner_->uid, owner_->gid);
    }
    fs_.set_mode(directory_.get(), 0700);
    write_file(restore_marker, as_bytes(marker_text(data_directory_)));
    fs_.sync(directory_.get());
}

void RestoreTarget::write_file(const std::string& path, Bytes bytes) {
    Fd file = fs_.create_file(directory_.get(), path, 0600);
    write_all(fs_, file.get(), bytes, path);
    if (owner_) {
        fs_.set_owner(file.get(), owner_->uid, owner_->gid);
    }
    fs_.sync(file.get());
    fs_.close(std::move(file));
}

void RestoreTarget::sync(const std::string& path) {
    if (path == ".") {
        fs_.sync(directory_.get());
    } else {
        sync_directory(fs_, directory_.get(), path);
    }
}

void RestoreTarget::keep() noexcept {
    claimed_ = false;
    created_.clear();
}

void RestoreTarget::release() {
    fs_.remove_file(directory_.get(), restore_marker);
    fs_.sync(directory_.get());
}

// pg_control goes first and the marker stays, so that being killed here leaves what
// left_by_killed_restore knows.
void RestoreTarget::clear() {
    if (fs_.status(directory_.get(), "global")) {
        remove_tree(fs_, directory_.get(), pg_control_path);
    }
    for (const std::string& name : fs_.entries(directory_.get())) {
        if (name != restore_marker) {
            remove_tree(fs_, directory_.get(), name);
        }
    }
}

void RestoreTarget::discard() noexcept {
    try {
        if (claimed_) {
            clear();
            remove_tree(fs_, directory_.get(), restore_marker);
        }
        for (; !created_.empty(); created_.pop_back()) {
            const Fd parent = fs_.open_root(created_.back().parent_path());
            fs_.remove_directory(parent.get(), created_.back().filename().string());
        }
    } catch (const std::exception& error) {
        log(LogLevel::warning, "",
            "a restore to '" + path_.string() + "' failed and left files there: " + error.what());
    }
    claimed_ = false;
    created_.clear();
}

}  // namespace tsb

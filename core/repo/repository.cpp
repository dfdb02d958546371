// The repository as a whole: making, opening and locking it.
#include "core/repo/repository.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "core/base/error.hpp"
#include "core/base/host.hpp"
#include "core/base/log.hpp"
#include "core/repo/marker.hpp"
#include "core/repo/names.hpp"

namespace tsb {
namespace stdfs = std::filesystem;

namespace {

constexpr std::size_t holder_size = 256;

Error about(const stdfs::path& path, ErrorCode code, const std::string& verb,
            const std::string& cause, std::string hint = {}) {
    return {code, "cannot " + verb + " repository '" + printable(path.string()) + "': " + cause,
            std::move(hint)};
}

void refuse_writable_by_others(const stdfs::path& path, const FileStatus& status,
                               const std::string& verb) {
    if ((status.mode & 022) != 0) {
        throw about(path, ErrorCode::refused, verb, "its directory is writable by others",
                    "chmod go-w '" + printable(path.string()) + "'");
    }
}

void refuse_other_owner(const stdfs::path& path, const FileStatus& status,
                        const std::string& verb) {
    if (status.uid != ::geteuid()) {
        throw about(path, ErrorCode::refused, verb,
                    "it belongs to user id " + std::to_string(status.uid) + ", we run as " +
                        std::to_string(::geteuid()));
    }
}

Fd open_existing(Fs& fs, const stdfs::path& path) {
    try {
        return fs.open_root(path);
    } catch (const Error& error) {
        throw Error(ErrorCode::repository_missing, std::string("no repository: ") + error.what(),
                    "mount its file system, or make a new repository with `tsbackupd init`");
    }
}

/// With a parent and a file name: no slash at the end, no "." or "..".
stdfs::path full_path(const stdfs::path& path) {
    const stdfs::path normal = stdfs::absolute(path).lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

/// What a new file system or an interrupted create() leaves does not make a directory occupied.
bool may_stay(const std::string& name) {
    return name == "lost+found" || name == names::lock_file || name == names::new_marker_file;
}

/// Of this boot of the machine; only for the message to a second process.
std::string boot_id() {
    std::string text;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), text);
    return text.empty() ? "unknown" : text;
}

/// One line of fixed length, so that writing it at the front replaces the one before.
std::string describe_holder() {
    std::string text =
        "process " + std::to_string(::getpid()) + " on host " + host_name() + ", boot " + boot_id();
    text.resize(holder_size - 1, ' ');
    return text + "\n";
}

std::string read_holder(Fs& fs, int lock_file) {
    std::array<std::byte, holder_size> buffer{};
    const std::size_t count = fs.read(lock_file, buffer);
    std::string text(as_text(Bytes(buffer).first(count)));
    const std::size_t end = text.find_last_not_of(" \n");
    if (end == std::string::npos) return "another process";
    return printable(text.substr(0, end + 1));
}

/// Why a repository is not where it was.
std::string missing_hint(const Repository& repository) {
    try {
        const Repository found = Repository::open(repository.fs(), repository.path());
        if (found.uuid() != repository.uuid()) {
            return "another repository lies there now: restart tsbackupd to use it";
        }
    } catch (const Error&) {
        // It cannot be opened: then it is as good as not there.
    }
    return "is its file system still mounted?";
}

}  // namespace

Repository::Repository(Fs& fs, stdfs::path path, Fd root, std::string uuid)
    : fs_(&fs),
      path_(std::move(path)),
      root_(std::move(root)),
      uuid_(std::move(uuid)),
      metadata_cache_(std::make_unique<MetadataCache>()),
      notes_cache_(std::make_unique<NotesCache>()),
      change_mutex_(std::make_unique<std::mutex>()) {}

std::string Repository::create(Fs& fs, const stdfs::path& wanted) {
    const stdfs::path path = full_path(wanted);
    const Fd parent = fs.open_root(path.parent_path());
    if (!fs.status(parent.get(), path.filename().string())) {
        fs.make_directory(parent.get(), path.filename().string(), 0700);
    }
    fs.sync(parent.get());

    const Fd root = fs.open_root(path);
    const FileStatus status = fs.status(root.get());
    refuse_other_owner(path, status, "make");
    refuse_writable_by_others(path, status, "make");
    const std::vector<std::string> found = fs.entries(root.get());
    const auto foreign = std::find_if_not(found.begin(), found.end(), may_stay);
    if (foreign != found.end()) {
        throw about(path, ErrorCode::refused, "make",
                    *foreign == names::marker_file
                        ? "it is a repository already"
                        : "the directory is not empty, it holds '" + printable(*foreign) + "'");
    }
    remove_tree(fs, root.get(), names::new_marker_file);
    fs.close(fs.open_lock_file(root.get(), names::lock_file));
    std::string uuid = new_uuid();
    write_marker(fs, root.get(), uuid);
    return uuid;
}

Repository Repository::open(Fs& fs, const stdfs::path& path) {
    Fd root = open_existing(fs, path);
    const FileStatus status = fs.status(root.get());
    std::string uuid = read_marker(fs, root.get(), path.string());
    // Root may read anyone's repository, to restore from it.
    if (::geteuid() != 0) refuse_other_owner(path, status, "open");
    refuse_writable_by_others(path, status, "open");
    return {fs, path, std::move(root), std::move(uuid)};
}

void Repository::lock() {
    if (lock_file_) return;
    refuse_other_owner(path_, fs_->status(root_.get()), "lock");
    Fd file = fs_->open_lock_file(root_.get(), names::lock_file);
    if (!fs_->try_lock(file.get(), LockKind::exclusive)) {
        throw about(path_, ErrorCode::repository_locked, "lock",
                    "held by " + read_holder(*fs_, file.get()));
    }
    try {
        write_all(*fs_, file.get(), as_bytes(describe_holder()), names::lock_file);
    } catch (const Error& error) {
        // The lock holds without it, and a full disk must not keep the daemon from pruning.
        log(LogLevel::warning, "", std::string("the lock names no holder: ") + error.what());
    }
    lock_file_ = std::move(file);
}

void Repository::require_lock(const std::string& action) const {
    if (lock_file_) return;
    throw Error(ErrorCode::internal, "cannot " + action + ": repository not locked");
}

bool Repository::still_there() {
    try {
        const Fd root = fs_->open_root(path_);
        return read_marker(*fs_, root.get(), path_.string()) == uuid_;
    } catch (const Error&) {
        return false;
    }
}

void Repository::require_there() {
    if (still_there()) return;
    throw Error(
        ErrorCode::repository_missing,
        "cannot use repository '" + printable(path_.string()) + "': it is not there any more",
        missing_hint(*this));
}

std::uint64_t Repository::free_bytes() {
    return fs_->free_bytes(root_.get());
}

}  // namespace tsb

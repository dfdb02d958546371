// The file-system seam: every call that a backup, verify, restore or prune makes to the disk goes
// through an Fs, so that tests can fail call N, shorten a write, or forget what was not synced.
//
// Paths are relative to an open directory and are resolved beneath it without following any link
// (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS), invariant I7. Only
// open_root() takes an absolute path, from the operator. Every failure is an Error{io|disk_full}
// that names the path. Files are created with O_EXCL, never opened for writing again, but for the
// two kinds that have an opening call of their own.
// Thread: any; one file descriptor belongs to one thread at a time.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"

namespace tsb {

/// Owns a file descriptor; closing in the destructor ignores errors, Fs::close() reports them.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept { return std::exchange(fd_, -1); }
    void reset() noexcept;

private:
    int fd_ = -1;
};

enum class FileKind { file, directory, symlink, other };

struct FileStatus {
    FileKind kind = FileKind::other;
    std::uint64_t size = 0;
    mode_t mode = 0;  // permission bits
    uid_t uid = 0;
    gid_t gid = 0;
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t modified_ns = 0;  // since 1970
    std::int64_t changed_ns = 0;   // of content, name, mode or owner

    bool operator==(const FileStatus&) const = default;
};

enum class RenameMode { replace, no_replace, exchange };
enum class LockKind { shared, exclusive };

class Fs {
public:
    virtual ~Fs() = default;

    /// Opens an existing directory by the operator's own path; links are followed.
    virtual Fd open_root(const std::filesystem::path& path) = 0;
    virtual Fd open_directory(int parent, const std::string& path) = 0;
    /// Opens for reading.
    virtual Fd open_file(int parent, const std::string& path) = 0;
    /// Creates and opens for writing; fails when the name exists.
    virtual Fd create_file(int parent, const std::string& path, mode_t mode) = 0;
    /// Opens for reading and writing, creating it when missing: lock files only.
    virtual Fd open_lock_file(int parent, const std::string& path) = 0;
    /// Opens for reading and for writing at the end, creating it when missing: history only.
    virtual Fd open_append_file(int parent, const std::string& path) = 0;

    /// One read(2): bytes read, 0 at the end. EINTR is retried.
    virtual std::size_t read(int fd, std::span<std::byte> into) = 0;
    /// One write(2): bytes written, at least 1 and maybe fewer than given. EINTR is retried.
    virtual std::size_t write(int fd, Bytes bytes) = 0;
    /// Finds room for a file that will have `size` bytes; its size stays. Error{disk_full}; where
    /// the file system cannot do that, nothing happens.
    virtual void preallocate(int fd, std::uint64_t size) = 0;
    /// fsync(2). A failure means the file is lost (I2): never call it again for that file.
    virtual void sync(int fd) = 0;
    /// The kernel begins to write these bytes to the disk; where it cannot do that, nothing
    /// happens. A failure to write that shows at once is one of sync().
    virtual void start_writeback(int fd, std::uint64_t offset, std::uint64_t count) = 0;
    /// A wish: the page cache forgets these bytes (count 0: to the end), as far as they are on the
    /// disk.
    virtual void drop_cached(int fd, std::uint64_t offset, std::uint64_t count) = 0;
    /// close(2) with its result checked.
    virtual void close(Fd&& fd) = 0;

    virtual void make_directory(int parent, const std::string& path, mode_t mode) = 0;
    virtual void make_symlink(const std::string& target, int parent, const std::string& path) = 0;
    virtual void rename(int from_parent, const std::string& from, int to_parent,
                        const std::string& to, RenameMode mode) = 0;
    virtual void remove_file(int parent, const std::string& path) = 0;
    virtual void remove_directory(int parent, const std::string& path) = 0;

    /// Status of a path without following a final link; nothing when it does not exist.
    virtual std::optional<FileStatus> status(int parent, const std::string& path) = 0;
    virtual FileStatus status(int fd) = 0;
    /// Names in a directory, sorted, without "." and "..".
    virtual std::vector<std::string> entries(int fd) = 0;
    virtual void set_owner(int fd, uid_t uid, gid_t gid) = 0;
    virtual void set_mode(int fd, mode_t mode) = 0;
    /// Bytes an unprivileged process may still write on the file system of `fd`.
    virtual std::uint64_t free_bytes(int fd) = 0;
    /// flock(2) without waiting; false when another holder conflicts. Freed when `fd` is closed.
    virtual bool try_lock(int fd, LockKind kind) = 0;
};

/// The real file system. Thread: any.
Fs& real_fs();

// Procedures over any Fs.

/// Writes all of `bytes`, looping over short writes. `name` is for the message.
void write_all(Fs& fs, int fd, Bytes bytes, const std::string& name);
/// Creates `path` (mode 0600) with `bytes`, syncs and closes it. The directory is not synced.
void write_new_file(Fs& fs, int parent, const std::string& path, Bytes bytes);
/// The whole file; Error{damaged} when it is longer than `limit` bytes.
std::string read_whole_file(Fs& fs, int parent, const std::string& path, std::uint64_t limit);
/// Syncs the directory `path` beneath `parent`.
void sync_directory(Fs& fs, int parent, const std::string& path);
/// Removes a file, link or directory tree beneath `parent`, following no link and crossing no
/// file system. Missing is fine.
void remove_tree(Fs& fs, int parent, const std::string& path);

}  // namespace tsb

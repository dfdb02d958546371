#include "tests/support/fault_fs.hpp"

#include <cerrno>

#include "core/base/error.hpp"

namespace tsb::test {

const char* to_string(Fault fault) {
    switch (fault) {
        case Fault::io_error:
            return "io error";
        case Fault::disk_full:
            return "disk full";
        case Fault::short_write:
            return "short write";
        case Fault::crash:
            return "crash";
    }
    return "";
}

void FaultFs::fail_call(std::uint64_t number, Fault fault) {
    heal();
    const std::lock_guard lock(mutex_);
    faulty_number_ = number;
    fault_ = fault;
}

void FaultFs::fail_fitting_call(std::uint64_t number, Fault fault) {
    fail_call(number, fault);
    const std::lock_guard lock(mutex_);
    only_fitting_ = true;
}

void FaultFs::at_call(std::uint64_t number, std::function<void()> action) {
    fail_call(number, Fault::io_error);
    action_ = std::move(action);
}

void FaultFs::at_each_call(std::function<void(const std::string& call)> action) {
    heal();
    const std::lock_guard lock(mutex_);
    witness_ = std::move(action);
}

void FaultFs::heal() {
    const std::lock_guard lock(mutex_);
    only_fitting_ = false;
    calls_ = 0;
    faulty_number_ = 0;
    fired_ = false;
    action_ = nullptr;
    witness_ = nullptr;
    faulty_call_.clear();
}

std::uint64_t FaultFs::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

bool FaultFs::fired() const {
    const std::lock_guard lock(mutex_);
    return fired_;
}

std::string FaultFs::faulty_call() const {
    const std::lock_guard lock(mutex_);
    return faulty_call_;
}

std::vector<std::string> FaultFs::unsynced() const {
    const std::lock_guard lock(mutex_);
    return durability_.unsynced();
}

void FaultFs::lose_unsynced() {
    const std::lock_guard lock(mutex_);
    durability_.lose_unsynced();
}

std::vector<std::string> FaultFs::synced_after_failure() const {
    const std::lock_guard lock(mutex_);
    return durability_.synced_after_failure();
}

bool FaultFs::fits(Effect effect) const {
    switch (fault_) {
        case Fault::io_error:
            return true;
        case Fault::disk_full:
            return effect == Effect::growth || effect == Effect::write;
        case Fault::short_write:
            return effect == Effect::write;
        case Fault::crash:
            return effect != Effect::none;
    }
    return true;
}

/// Counts one call and throws when it is to fail; true when a write is to be shortened.
bool FaultFs::enter(const std::string& verb, const std::string& object, Effect effect) {
    if (fired_ && fault_ == Fault::crash) throw Crashed();
    if (witness_) witness_(verb + " '" + object + "'");
    if (only_fitting_ && !fits(effect)) return false;
    ++calls_;
    if (faulty_number_ == 0 || calls_ != faulty_number_) return false;
    fired_ = true;
    faulty_call_ = verb + " '" + object + "'";
    if (action_) {
        action_();
        return false;
    }
    switch (fault_) {
        case Fault::io_error:
            throw errno_error(EIO, verb, object);
        case Fault::disk_full:
            throw errno_error(ENOSPC, verb, object);
        case Fault::crash:
            throw Crashed();
        case Fault::short_write:
            break;
    }
    return true;
}

Fd FaultFs::open_root(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    enter("open", path.string());
    Fd fd = inner_.open_root(path);
    durability_.root_opened(path);
    return fd;
}

Fd FaultFs::open_directory(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("open", path);
    return inner_.open_directory(parent, path);
}

Fd FaultFs::open_file(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("open", path);
    return inner_.open_file(parent, path);
}

Fd FaultFs::create_file(int parent, const std::string& path, mode_t mode) {
    const std::lock_guard lock(mutex_);
    enter("create", path, Effect::growth);
    Fd fd = inner_.create_file(parent, path, mode);
    durability_.entry_made(parent, path);
    durability_.file_written(fd.get());
    return fd;
}

Fd FaultFs::open_lock_file(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("open", path);
    const bool is_new = !inner_.status(parent, path);
    Fd fd = inner_.open_lock_file(parent, path);
    durability_.lock_file_opened(fd.get());
    if (is_new) durability_.entry_made(parent, path);
    return fd;
}

Fd FaultFs::open_append_file(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("open", path);
    const bool is_new = !inner_.status(parent, path);
    Fd fd = inner_.open_append_file(parent, path);
    if (is_new) durability_.entry_made(parent, path);
    return fd;
}

std::size_t FaultFs::read(int fd, std::span<std::byte> into) {
    const std::lock_guard lock(mutex_);
    enter("read", std::to_string(fd));
    return inner_.read(fd, into);
}

std::size_t FaultFs::write(int fd, Bytes bytes) {
    const std::lock_guard lock(mutex_);
    durability_.file_written(fd);
    const bool shorten = enter("write", std::to_string(fd), Effect::write);
    return inner_.write(fd, shorten ? bytes.first((bytes.size() + 1) / 2) : bytes);
}

void FaultFs::preallocate(int fd, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    enter("preallocate " + std::to_string(size), std::to_string(fd), Effect::growth);
    inner_.preallocate(fd, size);
}

void FaultFs::start_writeback(int fd, std::uint64_t offset, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    const std::string range = std::to_string(count) + " at " + std::to_string(offset);
    enter("start writeback of " + range, std::to_string(fd), Effect::growth);
    inner_.start_writeback(fd, offset, count);
}

void FaultFs::drop_cached(int fd, std::uint64_t offset, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    if (witness_) {
        witness_("drop cached " + std::to_string(count) + " at " + std::to_string(offset));
    }
    inner_.drop_cached(fd, offset, count);
}

void FaultFs::sync(int fd) {
    const std::lock_guard lock(mutex_);
    durability_.sync_begins(fd);
    try {
        enter("sync", std::to_string(fd), Effect::growth);
    } catch (const Error&) {
        durability_.sync_failed(fd);
        throw;
    }
    inner_.sync(fd);
    durability_.synced(fd);
}

void FaultFs::close(Fd&& fd) {
    const std::lock_guard lock(mutex_);
    const Fd owned = std::move(fd);  // a failed close closes too
    enter("close", std::to_string(owned.get()), Effect::growth);
}

void FaultFs::make_directory(int parent, const std::string& path, mode_t mode) {
    const std::lock_guard lock(mutex_);
    enter("create", path, Effect::growth);
    inner_.make_directory(parent, path, mode);
    durability_.entry_made(parent, path);
}

void FaultFs::make_symlink(const std::string& target, int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("create", path, Effect::growth);
    inner_.make_symlink(target, parent, path);
    durability_.entry_made(parent, path);
}

void FaultFs::rename(int from_parent, const std::string& from, int to_parent, const std::string& to,
                     RenameMode mode) {
    const std::lock_guard lock(mutex_);
    enter("rename", from, Effect::growth);
    auto replaced = durability_.durable_content(to_parent, to);
    inner_.rename(from_parent, from, to_parent, to, mode);
    if (mode == RenameMode::exchange) {
        durability_.exchanged(from_parent, from, to_parent, to);
        return;
    }
    durability_.renamed(from_parent, from, to_parent, to, std::move(replaced));
}

void FaultFs::remove_file(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("remove", path, Effect::change);
    const NodeId node = node_of(parent, path);
    inner_.remove_file(parent, path);
    durability_.entry_removed(parent, path, node);
}

void FaultFs::remove_directory(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("remove", path, Effect::change);
    const NodeId node = node_of(parent, path);
    inner_.remove_directory(parent, path);
    durability_.entry_removed(parent, path, node);
}

std::optional<FileStatus> FaultFs::status(int parent, const std::string& path) {
    const std::lock_guard lock(mutex_);
    enter("look at", path);
    return inner_.status(parent, path);
}

FileStatus FaultFs::status(int fd) {
    const std::lock_guard lock(mutex_);
    enter("look at", std::to_string(fd));
    return inner_.status(fd);
}

std::vector<std::string> FaultFs::entries(int fd) {
    const std::lock_guard lock(mutex_);
    enter("list", std::to_string(fd));
    return inner_.entries(fd);
}

void FaultFs::set_owner(int fd, uid_t uid, gid_t gid) {
    const std::lock_guard lock(mutex_);
    enter("change the owner of", std::to_string(fd), Effect::change);
    inner_.set_owner(fd, uid, gid);
}

void FaultFs::set_mode(int fd, mode_t mode) {
    const std::lock_guard lock(mutex_);
    enter("change the mode of", std::to_string(fd), Effect::change);
    inner_.set_mode(fd, mode);
}

std::uint64_t FaultFs::free_bytes(int fd) {
    const std::lock_guard lock(mutex_);
    enter("ask the free space of", std::to_string(fd));
    return inner_.free_bytes(fd);
}

bool FaultFs::try_lock(int fd, LockKind kind) {
    const std::lock_guard lock(mutex_);
    enter("lock", std::to_string(fd));
    return inner_.try_lock(fd, kind);
}

}  // namespace tsb::test

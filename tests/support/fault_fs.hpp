// An Fs for tests that stands before another one: it counts calls, fails a chosen one, and knows
// what a power cut would take away.
//
//     FaultFs fs;
//     for (std::uint64_t n = 1;; ++n) {
//         fs.fail_call(n, Fault::io_error);
//         ... run the operation, which may throw ...
//         if (!fs.fired()) break;            // call n was never reached: swept
//         fs.heal();
//         ... check what must hold ...
//     }
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "tests/support/durability.hpp"

namespace tsb::test {

enum class Fault {
    io_error,     // the call throws Error{io}, as after EIO
    disk_full,    // the call throws Error{disk_full}, as after ENOSPC
    short_write,  // a write writes half of what it was given; other calls are not touched
    crash,        // the call and each later one throw Crashed: the process is dead
};
inline constexpr Fault all_faults[] = {Fault::io_error, Fault::disk_full, Fault::short_write,
                                       Fault::crash};
const char* to_string(Fault fault);

/// Not an Error, so that no code under test takes it for a failure to deal with.
struct Crashed : std::runtime_error {
    Crashed() : std::runtime_error("crashed by the test") {}
};

/// Thread: any; calls are made one at a time.
class FaultFs final : public Fs {
public:
    explicit FaultFs(Fs& inner = real_fs()) : inner_(inner) {}

    /// From now on the `number`th call (from 1) meets `fault`. Counting begins anew.
    void fail_call(std::uint64_t number, Fault fault);
    /// The same, counting only calls before which `fault` makes a difference: short_write writes,
    /// disk_full what takes space, crash what changes the disk. Fewer runs for a sweep that leaves
    /// nothing out.
    void fail_fitting_call(std::uint64_t number, Fault fault);
    /// Before the `number`th call (from 1) `action` is called; the call itself meets nothing.
    /// Counting begins anew.
    void at_call(std::uint64_t number, std::function<void()> action);
    /// Before each call `action` hears what it is: "write 'x'". Counting begins anew.
    void at_each_call(std::function<void(const std::string& call)> action);
    /// No fault from now on. Counting begins anew; what is not synced is still remembered.
    void heal();
    std::uint64_t calls() const;
    /// True when the chosen call was reached.
    bool fired() const;
    /// What the faulty call was, for the message of a failing test: "rename 'x'".
    std::string faulty_call() const;

    /// What a power cut now could take away, one sentence each; empty when all is durable.
    std::vector<std::string> unsynced() const;
    /// The power cut: files lose what was not synced, directories forget entries made or renamed
    /// since they were synced. Call heal() before, with everything of the process closed.
    void lose_unsynced();
    /// Files that were synced again after a failed sync (invariant I2 forbids it).
    std::vector<std::string> synced_after_failure() const;

    Fd open_root(const std::filesystem::path& path) override;
    Fd open_directory(int parent, const std::string& path) override;
    Fd open_file(int parent, const std::string& path) override;
    Fd create_file(int parent, const std::string& path, mode_t mode) override;
    Fd open_lock_file(int parent, const std::string& path) override;
    Fd open_append_file(int parent, const std::string& path) override;
    std::size_t read(int fd, std::span<std::byte> into) override;
    std::size_t write(int fd, Bytes bytes) override;
    void sync(int fd) override;
    void preallocate(int fd, std::uint64_t size) override;
    void start_writeback(int fd, std::uint64_t offset, std::uint64_t count) override;
    /// A wish that cannot fail, so it is not counted; at_each_call() tells of it.
    void drop_cached(int fd, std::uint64_t offset, std::uint64_t count) override;
    void close(Fd&& fd) override;
    void make_directory(int parent, const std::string& path, mode_t mode) override;
    void make_symlink(const std::string& target, int parent, const std::string& path) override;
    void rename(int from_parent, const std::string& from, int to_parent, const std::string& to,
                RenameMode mode) override;
    void remove_file(int parent, const std::string& path) override;
    void remove_directory(int parent, const std::string& path) override;
    std::optional<FileStatus> status(int parent, const std::string& path) override;
    FileStatus status(int fd) override;
    std::vector<std::string> entries(int fd) override;
    void set_owner(int fd, uid_t uid, gid_t gid) override;
    void set_mode(int fd, mode_t mode) override;
    std::uint64_t free_bytes(int fd) override;
    bool try_lock(int fd, LockKind kind) override;

private:
    /// What a call does to the disk.
    enum class Effect { none, change, growth, write };
    bool enter(const std::string& verb, const std::string& object, Effect effect = Effect::none);
    bool fits(Effect effect) const;

    Fs& inner_;
    mutable std::mutex mutex_;
    std::uint64_t calls_ = 0;
    std::uint64_t faulty_number_ = 0;  // 0: none
    Fault fault_ = Fault::io_error;
    std::function<void()> action_;  // instead of the fault
    std::function<void(const std::string&)> witness_;
    bool only_fitting_ = false;
    bool fired_ = false;
    std::string faulty_call_;
    Durability durability_;
};

}  // namespace tsb::test

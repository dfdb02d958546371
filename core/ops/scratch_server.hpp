// A PostgreSQL server on a restored copy that is thrown away afterwards, private to us.
//
// Keeps: the server is ended and reaped by the destructor at the latest, and ends by itself when
// this process dies; what scratch_settings.hpp promises holds, also for settings it does not know:
// the copy's postgresql.auto.conf is replaced, and its postgresql.conf is not read. Does not judge
// the copy, and removes nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/fs.hpp"
#include "core/base/server_process.hpp"
#include "core/ops/scratch_settings.hpp"

namespace tsb {

/// Error{usage} when the path of a socket in `run` would be too long. Pure.
void require_short_socket(const std::filesystem::path& run);

class ScratchServer {
public:
    /// Makes `places.run` (missing; its parent is there) with what the server needs in it, and
    /// starts it as `account` (nothing: as whom this process runs). Returns before it accepts
    /// connections. Error{usage} as require_short_socket(), Error{io}. Thread: worker (blocks).
    ScratchServer(Fs& fs, const ScratchPlaces& places, const ScratchProfile& profile,
                  const std::optional<Account>& account);
    ScratchServer(const ScratchServer&) = delete;

    /// True once it has ended. Thread: any.
    bool ended() const { return process_->ended(); }
    /// True once it accepts connections. Thread: any (reads the disk).
    bool ready() const;
    /// Returns when it has ended. Thread: the owner's, not at the same time as others (blocks).
    void stop() { process_->stop(); }
    /// Its log, each line printable; of a long one the first 4 and the last 16 KiB. Thread: any
    /// (reads the disk).
    std::string log() const;

    const ScratchPlaces& places() const { return places_; }
    const ScratchProfile& profile() const { return profile_; }
    const std::optional<Account>& account() const { return account_; }

private:
    /// Returns the log, open for writing.
    Fd prepare();
    void give(const Fd& made);
    void write_file(int directory, const std::string& name, const std::string& text);

    Fs& fs_;
    const ScratchPlaces places_;
    const ScratchProfile profile_;
    const std::optional<Account> account_;
    std::unique_ptr<ServerProcess> process_;
};

/// The line of a server's log that says why it ended: the last PANIC or FATAL, else the last one.
/// Pure.
std::string cause_in_log(const std::string& log);

/// True when the log shows that recovery began, and that it failed for what it found in the copy:
/// not for want of space, memory, rights or a library. Pure.
bool recovery_refused_data(const std::string& log);

}  // namespace tsb

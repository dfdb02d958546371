// How far a server has come with replaying the WAL of the backup that it was started on: read from
// its control file and from its log, since it lets nobody in meanwhile.
//
// What is told is a lower bound. pg_control moves when changed pages are written, the log every ten
// seconds (log_startup_progress_interval, from PostgreSQL 15 on), so a short recovery may show
// nothing between its beginning and its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/lsn.hpp"
#include "core/base/progress.hpp"

namespace tsb {

/// The last position that the log of a recovery names, of the last start in it: where redo started,
/// where it is, where it was done. Nothing when it names none; messages in other languages are not
/// known. Pure. Source: PostgreSQL's StartupXLOG() and PerformWalRecovery().
std::optional<Lsn> replayed_position(const std::string& log);

class RecoveryWatch {
public:
    /// The end of the server's log. Called on a thread of its own (may block).
    using Log = std::function<std::string()>;

    /// `start` to `end` is the WAL of the backup. `meter` is set to how much of it is replayed and
    /// must outlive this, as what `log` uses.
    RecoveryWatch(Lsn start, Lsn end, std::filesystem::path data_directory, Log log,
                  ProgressMeter& meter);
    RecoveryWatch(const RecoveryWatch&) = delete;

    /// Looks, when the last look was half a second ago. What cannot be read tells nothing.
    /// Thread: loop (reads on a thread of its own).
    boost::asio::awaitable<void> look();

private:
    void look_blocking();
    void reached(Lsn position);

    const Lsn start_;
    const Lsn end_;
    const std::filesystem::path data_;
    const Log log_;
    ProgressMeter& meter_;
    std::optional<std::chrono::steady_clock::time_point> looked_;
};

}  // namespace tsb

// Restore in place: a backup takes the place of the data directory that a server runs on, and the
// server comes back on it, proven (design section 6).
//
// Keeps I4: the backup is proven, bit for bit, beside the old data before the server is stopped;
// the old data is kept aside until clean_up_kept(); killed at any moment, one of the two can be
// started, or nothing can and the next call of any of these procedures settles it. Two of them on
// one data directory exclude each other.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/job_context.hpp"
#include "core/ops/in_place_journal.hpp"
#include "core/ops/postmaster.hpp"
#include "core/ops/restore_plan.hpp"
#include "core/pg/session.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

/// The server whose data is exchanged, and how it is stopped, started and asked.
struct ServerControl {
    ServerControl() = default;
    std::filesystem::path data_directory;    // absolute
    std::vector<std::string> stop_command;   // empty: a fast shutdown by signal
    std::vector<std::string> start_command;  // empty: something else starts it when it has ended
    ConnectOptions connection;
    std::chrono::seconds command_limit{600};  // of each command, and of a shutdown
    std::chrono::seconds start_limit{120};    // until its postmaster.pid is there
};

enum class StartAfter { yes, no };

struct InPlaceOptions {
    InPlaceOptions() = default;
    std::string cluster;
    std::string backup = "latest";
    ServerControl server;
    std::map<std::string, std::string> tablespace_map;  // old location -> new
    std::vector<std::filesystem::path> server_binaries;
    std::optional<FileOwner> owner;  // nothing: of the data directory, or of its parent
    bool any_version = false;
    bool force_foreign = false;  // also over the data of another cluster
    StartAfter start = StartAfter::yes;
};

struct InPlacePlan {
    InPlacePlan() = default;
    RestorePlan restore;  // target: the data directory; its refusals are those of all of it
    PostmasterSight postmaster;
    std::string stopped_by;  // in words, empty when nothing runs
    std::string started_by;
    std::filesystem::path kept_at;  // empty when there is nothing to keep
    std::vector<ExchangedPlace> places;
};

struct InPlaceReport {
    InPlaceReport() = default;
    std::string backup_id;
    std::filesystem::path data_directory;
    std::filesystem::path kept_at;  // empty when there was nothing to keep
    std::uint64_t kept_bytes = 0;
    std::uint64_t restored_bytes = 0;
    std::uint64_t restored_files = 0;
    bool undone = false;                  // the old data is back
    bool started = false;                 // and proven
    std::chrono::milliseconds down{0};    // from the stop until it accepted writes
    std::vector<std::string> databases;   // those that were looked at
    std::vector<std::string> notes;       // one line each
    std::vector<std::string> server_log;  // its last lines, when it did not come up as it should
};

/// As plan_restore(); nothing is written. Thread: worker (blocks).
InPlacePlan plan_restore_in_place(Repository& repository, const InPlaceOptions& options,
                                  const Clock& clock);

/// Until the exchange, a failure leaves the old data as it was (and running, when the server was
/// not stopped yet). From then on the restored data stays, and a failure to start or to prove it
/// comes with the last lines of the server's log and the command that undoes. `report` tells how
/// far it came. Everything passed must outlive the await. Thread: loop (blocking work is done on
/// threads of its own).
boost::asio::awaitable<void> restore_in_place(const InPlaceOptions& options, Repository& repository,
                                              const SessionFactory& connect, const Clock& clock,
                                              JobContext& job, InPlaceReport& report);

/// Puts back what the newest restore in place kept aside; what that restore brought is kept aside
/// in its place. Error{not_found} when nothing is kept. Thread: loop.
boost::asio::awaitable<void> undo_restore_in_place(const InPlaceOptions& options, Fs& fs,
                                                   const SessionFactory& connect, JobContext& job,
                                                   InPlaceReport& report);

/// What restores in place keep of a data directory, oldest first, unfinished ones too. Error{io},
/// {damaged}. Thread: worker (blocks).
struct KeptData {
    KeptData() = default;
    InPlaceState state = InPlaceState::restored;
    std::filesystem::path path;  // of the data directory; tablespaces lie beside their own
    std::string backup_id;
    SystemTime since{};
    std::uint64_t bytes = 0;
};
std::vector<KeptData> kept_data(Fs& fs, const std::filesystem::path& data_directory);

/// Removes all of that; what is unfinished is settled first. Error{busy}. Returns what was removed.
/// Thread: worker (blocks).
std::vector<KeptData> clean_up_kept(Fs& fs, const std::filesystem::path& data_directory);

}  // namespace tsb

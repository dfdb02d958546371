// The state of one running backup and its steps; run_backup (backup.cpp) gives their order.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "core/base/error.hpp"
#include "core/ops/backup.hpp"
#include "core/ops/backup_checks.hpp"
#include "core/ops/backup_receiver.hpp"
#include "core/ops/wal_archive.hpp"

namespace tsb {

/// Thread: loop. Each step throws its cause; after a throw only root_cause() and give_up() may be
/// called, and give_up() must be awaited before the object goes.
class BackupRun {
public:
    BackupRun(boost::asio::any_io_executor loop, const BackupOptions& options,
              Repository& repository, const SessionFactory& connect, const Clock& clock,
              JobContext& job);

    boost::asio::awaitable<void> connect_both();
    boost::asio::awaitable<void> check();
    /// Opens the draft, reserves WAL by a temporary slot, then sends BASE_BACKUP: in this order
    /// no segment of the backup can be recycled in between.
    boost::asio::awaitable<void> begin();
    /// Receives until the server's final CommandComplete.
    boost::asio::awaitable<void> copy();
    /// Receives WAL up to the end of the backup, then waits until everything is stored and synced.
    boost::asio::awaitable<void> finish_streams();
    boost::asio::awaitable<Metadata> prove_and_commit();

    /// The failure that came first; what is caught last is often only its consequence.
    std::exception_ptr root_cause(const std::exception_ptr& caught) const;
    /// Closes the sessions (the server drops the slot), ends every thread, removes the draft.
    boost::asio::awaitable<void> give_up(std::exception_ptr cause);

private:
    struct FirstFailure;

    void start_wal();
    boost::asio::awaitable<void> receive_wal();
    boost::asio::awaitable<Error> cause_of_lost_wal(Error lost);
    std::chrono::seconds stall_limit() const;
    void describe(Metadata& metadata) const;

    boost::asio::any_io_executor loop_;
    const BackupOptions& options_;
    Repository& repository_;
    const SessionFactory& connect_;
    const Clock& clock_;
    JobContext& job_;

    std::shared_ptr<FirstFailure> failure_;  // shared with handlers that may run late
    std::shared_ptr<ReplicationSession> data_;
    std::shared_ptr<ReplicationSession> wal_;
    BackupSource source_;
    std::string slot_;
    std::unique_ptr<BackupDraft> draft_;
    std::unique_ptr<BackupStore> store_;
    std::unique_ptr<BackupReceiver> receiver_;
    std::unique_ptr<Pipeline> wal_pipeline_;
    std::unique_ptr<WalArchive> wal_archive_;
    WalStop wal_stop_;
    bool wal_running_ = false;
    LoopEvent wal_ended_;

    SystemTime started_at_;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point first_byte_;
    std::chrono::steady_clock::time_point copied_;
};

}  // namespace tsb

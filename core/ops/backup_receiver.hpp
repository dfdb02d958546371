// Receives the answer of BASE_BACKUP: opens a pipeline for each archive and for the manifest, and
// keeps what the server said about the whole.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/progress.hpp"
#include "core/ops/backup_store.hpp"
#include "core/ops/pipeline.hpp"
#include "core/pg/backup_protocol.hpp"

namespace tsb {

/// Thread: loop, all of it.
class BackupReceiver : public BackupHandler {
public:
    /// `check_space` is told the server's estimate in bytes before the first byte is stored and
    /// throws when it does not fit. `on_failure` hears the first failure of a pipeline.
    BackupReceiver(boost::asio::any_io_executor loop, BackupStore& store, ProgressMeter& progress,
                   std::function<void(std::uint64_t)> check_space,
                   std::function<void(std::exception_ptr)> on_failure);

    /// The data comes compressed: progress is what the server reports once a second, not what
    /// arrives. Call before the first event.
    void trust_reported_progress(bool trust) { progress_reported_ = trust; }

    void started(Lsn start, Timeline timeline) override;
    void tablespaces(std::vector<TablespaceInfo> list, std::uint64_t total_bytes) override;
    void archive_begins(std::string archive) override;
    void archive_data(Chunk data) override;
    void archive_ends() override;
    void manifest_begins() override;
    void manifest_data(Chunk data) override;
    void manifest_ends() override;
    void progress(std::uint64_t bytes) override;
    void stopped(Lsn end, Timeline timeline) override;

    /// Waits while the open pipeline is full or too many are still finishing, so that memory
    /// stays bounded. Call after each event.
    boost::asio::awaitable<void> settle();
    /// Waits for every pipeline; throws the first failure.
    boost::asio::awaitable<void> join();
    /// Ends every pipeline with `cause` and waits for them; does not throw.
    boost::asio::awaitable<void> give_up(std::exception_ptr cause);

    const std::optional<Lsn>& start() const { return start_; }
    Timeline timeline() const { return timeline_; }
    const std::optional<Lsn>& end() const { return end_; }
    const std::vector<TablespaceInfo>& tablespace_list() const { return tablespaces_; }

private:
    void open_pipeline(BackupStore::Work work);
    void close_pipeline();

    boost::asio::any_io_executor loop_;
    BackupStore& store_;
    ProgressMeter& meter_;
    std::function<void(std::uint64_t)> check_space_;
    std::function<void(std::exception_ptr)> on_failure_;
    bool progress_reported_ = false;
    std::optional<Lsn> start_;
    Timeline timeline_ = 0;
    std::optional<Lsn> end_;
    std::vector<TablespaceInfo> tablespaces_;
    std::unique_ptr<Pipeline> current_;
    std::vector<std::unique_ptr<Pipeline>> finishing_;  // oldest first
};

}  // namespace tsb

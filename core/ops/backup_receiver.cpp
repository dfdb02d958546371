#include "core/ops/backup_receiver.hpp"

namespace tsb {

namespace asio = boost::asio;

BackupReceiver::BackupReceiver(asio::any_io_executor loop, BackupStore& store,
                               ProgressMeter& progress,
                               std::function<void(std::uint64_t)> check_space,
                               std::function<void(std::exception_ptr)> on_failure)
    : loop_(std::move(loop)),
      store_(store),
      meter_(progress),
      check_space_(std::move(check_space)),
      on_failure_(std::move(on_failure)) {}

void BackupReceiver::started(Lsn start, Timeline timeline) {
    start_ = start;
    timeline_ = timeline;
}

void BackupReceiver::tablespaces(std::vector<TablespaceInfo> list, std::uint64_t total_bytes) {
    tablespaces_ = std::move(list);
    check_space_(total_bytes);
    meter_.bytes_total = total_bytes;
    meter_.phase = Phase::copying;
}

void BackupReceiver::archive_begins(std::string archive) {
    open_pipeline(store_.archive_work(archive));
}

void BackupReceiver::archive_data(Chunk data) {
    if (!progress_reported_) {
        meter_.bytes_done += data.size();
    }
    current_->push(std::move(data));
}

void BackupReceiver::archive_ends() {
    close_pipeline();
}

void BackupReceiver::manifest_begins() {
    open_pipeline(store_.manifest_work());
}

void BackupReceiver::manifest_data(Chunk data) {
    current_->push(std::move(data));
}

void BackupReceiver::manifest_ends() {
    close_pipeline();
}

// Bytes are counted as they arrive where they can be: that is finer than the server's reports.
void BackupReceiver::progress(std::uint64_t bytes) {
    if (progress_reported_) {
        meter_.bytes_done = bytes;
    }
}

void BackupReceiver::stopped(Lsn end, Timeline) {
    end_ = end;
}

asio::awaitable<void> BackupReceiver::settle() {
    if (current_ && current_->full()) {
        co_await current_->space();
    }
    while (finishing_.size() > 1) {
        co_await finishing_.front()->join();
        finishing_.erase(finishing_.begin());
    }
}

asio::awaitable<void> BackupReceiver::join() {
    for (const std::unique_ptr<Pipeline>& pipeline : finishing_) {
        co_await pipeline->join();
    }
    finishing_.clear();
}

asio::awaitable<void> BackupReceiver::give_up(std::exception_ptr cause) {
    if (current_) {
        current_->fail(cause);
        finishing_.push_back(std::move(current_));
    }
    for (const std::unique_ptr<Pipeline>& pipeline : finishing_) {
        co_await pipeline->wait();
    }
    finishing_.clear();
}

void BackupReceiver::open_pipeline(BackupStore::Work work) {
    current_ = std::make_unique<Pipeline>(loop_, std::move(work), on_failure_);
}

void BackupReceiver::close_pipeline() {
    current_->finish();
    finishing_.push_back(std::move(current_));
}

}  // namespace tsb

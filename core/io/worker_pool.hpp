// A fixed set of threads for work that blocks or burns CPU.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tsb {

/// Threads that a pipeline uses unless told otherwise: as many as there are cores, at most 8. Each
/// holds blocks of 1 MiB, and beyond that the disk or the server is what one waits for.
unsigned default_workers();

class WorkerPool {
public:
    /// `count` threads, at least 1. Each calls `on_start` first, which must not throw.
    explicit WorkerPool(unsigned count, std::function<void()> on_start = {});
    /// Finishes what was submitted, then joins.
    ~WorkerPool();
    unsigned size() const noexcept { return static_cast<unsigned>(threads_.size()); }
    /// Queues `task`; it must not throw. Thread: any.
    void submit(std::function<void()> task);

private:
    void run();
    void stop();

    const std::function<void()> on_start_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;  // guarded by mutex_
    bool stopping_ = false;                    // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace tsb

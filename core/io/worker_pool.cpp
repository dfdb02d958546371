#include "core/io/worker_pool.hpp"

#include <algorithm>

namespace tsb {

unsigned default_workers() {
    constexpr unsigned most = 8;
    return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

WorkerPool::WorkerPool(unsigned count, std::function<void()> on_start)
    : on_start_(std::move(on_start)) {
    try {
        for (unsigned i = 0; i < std::max(count, 1U); ++i) {
            threads_.emplace_back([this] { run(); });
        }
    } catch (...) {
        stop();  // a thread that did start must not outlive the object
        throw;
    }
}

WorkerPool::~WorkerPool() {
    stop();
}

void WorkerPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify_one();
}

void WorkerPool::run() {
    if (on_start_) on_start_();
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        std::function<void()> task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        task = nullptr;  // what it captured is freed without the lock
        lock.lock();
    }
}

}  // namespace tsb

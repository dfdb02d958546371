#include "core/io/byte_queue.hpp"

#include <utility>

namespace tsb {

void drain(ByteSource& source) {
    while (!source.next().empty()) {
    }
}

bool ByteQueue::push(Chunk chunk) {
    const std::lock_guard lock(mutex_);
    if (consumer_failure_) std::rethrow_exception(consumer_failure_);
    if (chunk.size() > 0 && !producer_failure_) {
        buffered_ += chunk.size();
        chunks_.push_back(std::move(chunk));
        if (buffered_ >= worth_waking_) not_empty_.notify_one();
    }
    return buffered_ < limit_;
}

void ByteQueue::when_space(std::function<void()> ready) {
    {
        const std::lock_guard lock(mutex_);
        if (!has_space()) {
            space_waiter_ = std::move(ready);
            return;
        }
    }
    ready();
}

void ByteQueue::finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    not_empty_.notify_one();
}

void ByteQueue::fail(std::exception_ptr cause) {
    give_up(producer_failure_, std::move(cause));
}

void ByteQueue::abandon(std::exception_ptr cause) {
    give_up(consumer_failure_, std::move(cause));
}

/// Records the first failure of one side, drops what is buffered and wakes both sides.
void ByteQueue::give_up(std::exception_ptr& failure, std::exception_ptr cause) {
    std::deque<Chunk> dropped;
    std::function<void()> ready;
    {
        const std::lock_guard lock(mutex_);
        if (!failure) failure = std::move(cause);
        dropped.swap(chunks_);
        buffered_ = 0;
        ready = std::exchange(space_waiter_, nullptr);
        not_empty_.notify_one();
    }
    if (ready) ready();
}

Bytes ByteQueue::next() {
    std::function<void()> ready;
    current_ = Chunk();
    {
        std::unique_lock lock(mutex_);
        const auto worth_working = [this] {
            return producer_failure_ || finished_ || buffered_ >= worth_waking_;
        };
        if (chunks_.empty()) not_empty_.wait(lock, worth_working);
        if (producer_failure_) std::rethrow_exception(producer_failure_);
        if (chunks_.empty()) return {};
        current_ = std::move(chunks_.front());
        chunks_.pop_front();
        buffered_ -= current_.size();
        if (has_space()) ready = std::exchange(space_waiter_, nullptr);
    }
    // Outside the lock: the waiter may push at once.
    if (ready) ready();
    return current_.bytes();
}

bool ByteQueue::has_space() const {
    return buffered_ <= limit_ / 2 || consumer_failure_ || producer_failure_;
}

}  // namespace tsb

#include "core/io/block_pipeline.hpp"

namespace tsb {

BlockPipeline::BlockPipeline(WorkerPool& pool, std::size_t limit, Work work)
    : pool_(pool), limit_(limit), work_(std::move(work)) {}

BlockPipeline::~BlockPipeline() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
}

Buffer BlockPipeline::take_buffer() {
    const std::lock_guard lock(mutex_);
    return take_spare();
}

void BlockPipeline::push(Buffer in) {
    std::unique_lock lock(mutex_);
    Slot& slot = add_slot(lock);
    slot.in = std::move(in);
    pool_.submit([this, &slot] { run(slot); });
    ++running_;
}

void BlockPipeline::push_finished(Buffer out) {
    std::unique_lock lock(mutex_);
    Slot& slot = add_slot(lock);
    slot.out = std::move(out);
    slot.done = true;
    changed_.notify_all();
}

void BlockPipeline::finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
}

bool BlockPipeline::pop(Buffer& block) {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [this] { return failure_ || (slots_.empty() ? finished_ : slots_.front()->done); });
    if (failure_) std::rethrow_exception(failure_);
    if (slots_.empty()) return false;
    const std::unique_ptr<Slot> slot = std::move(slots_.front());
    slots_.pop_front();
    if (slot->failure) {
        fail_locked(slot->failure);
        std::rethrow_exception(slot->failure);
    }
    block.swap(slot->out);
    spares_.push_back(std::move(slot->out));
    changed_.notify_all();
    return true;
}

void BlockPipeline::fail(std::exception_ptr cause) {
    const std::lock_guard lock(mutex_);
    fail_locked(std::move(cause));
}

void BlockPipeline::rethrow_failure() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
}

void BlockPipeline::run(Slot& slot) {
    std::unique_lock lock(mutex_);
    if (!failure_) {
        Buffer out = take_spare();
        lock.unlock();
        std::exception_ptr failure;
        try {
            work_(slot.in.bytes(), out);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        slot.out = std::move(out);
        slot.failure = failure;
        spares_.push_back(std::move(slot.in));
    }
    slot.done = true;
    --running_;
    // Under the lock: after it the destructor may already have returned.
    changed_.notify_all();
}

BlockPipeline::Slot& BlockPipeline::add_slot(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return failure_ || slots_.size() < limit_; });
    if (failure_) std::rethrow_exception(failure_);
    return *slots_.emplace_back(std::make_unique<Slot>());
}

Buffer BlockPipeline::take_spare() {
    if (spares_.empty()) return {};
    Buffer buffer = std::move(spares_.back());
    spares_.pop_back();
    buffer.resize(0);
    return buffer;
}

void BlockPipeline::fail_locked(std::exception_ptr cause) {
    if (!failure_) failure_ = std::move(cause);
    changed_.notify_all();
}

}  // namespace tsb

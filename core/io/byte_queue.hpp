// The one queue between the loop and a worker, bounded in bytes.
//
// The loop pushes and, when the queue is full, waits for on_space; the worker pops and blocks.
// Nothing is lost at the end: finish() lets the buffered chunks be popped first (Asio 1.81's
// channels drop them, which is why this is not one of those).
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>

#include "core/base/bytes.hpp"
#include "core/io/byte_source.hpp"

namespace tsb {

class ByteQueue : public ByteSource {
public:
    /// `limit`: bytes buffered before push() asks the pusher to wait.
    explicit ByteQueue(std::size_t limit)
        : limit_(limit), worth_waking_(std::max<std::size_t>(limit / 16, 1)) {}

    /// Takes the chunk, always (after fail() it is dropped); true when more may be pushed at once,
    /// false when the pusher should first await when_space(). Rethrows what the consumer gave to
    /// abandon(). Thread: loop (does not block).
    bool push(Chunk chunk);
    /// Calls `ready` once, on the popping thread or at once on this one, as soon as the queue is
    /// half empty or either side failed. One waiter at a time. Thread: loop.
    void when_space(std::function<void()> ready);
    /// No more chunks: the consumer sees the end after those buffered. Thread: loop.
    void finish();
    /// The producer failed: the consumer's next next() throws `cause` at once; buffered chunks
    /// are dropped. Thread: loop.
    void fail(std::exception_ptr cause);

    /// Blocks for the next chunk; empty at the end. Who found nothing sleeps until a sixteenth of
    /// the limit is there, since each wake-up costs more than a chunk's work. Thread: worker.
    Bytes next() override;
    /// The consumer failed: push() throws `cause` from now on; buffered chunks are dropped.
    /// Thread: worker.
    void abandon(std::exception_ptr cause);

private:
    void give_up(std::exception_ptr& failure, std::exception_ptr cause);
    bool has_space() const;  // with mutex_ held

    const std::size_t limit_;
    const std::size_t worth_waking_;  // bytes that end the sleep of a worker who found nothing
    std::mutex mutex_;
    std::condition_variable not_empty_;
    // State below is guarded by mutex_.
    std::deque<Chunk> chunks_;
    std::size_t buffered_ = 0;
    bool finished_ = false;
    std::exception_ptr producer_failure_;
    std::exception_ptr consumer_failure_;
    std::function<void()> space_waiter_;
    // Worker only: keeps the bytes that next() returned alive.
    Chunk current_;
};

}  // namespace tsb

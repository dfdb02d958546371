// One blocking pipeline of a running backup: a queue that the loop fills and a thread that works
// on what comes out of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <exception>
#include <functional>
#include <thread>

#include "core/io/byte_queue.hpp"
#include "core/ops/loop_event.hpp"

namespace tsb {

/// Bytes buffered between the loop and one pipeline.
inline constexpr std::size_t pipeline_queue_limit = 4 << 20;

/// Thread: loop, all of it; `work` runs on the pipeline's own thread.
class Pipeline {
public:
    /// Starts `work` on the queue. When it throws, push() and join() throw the same, and
    /// `on_failure` is called on the loop.
    Pipeline(const boost::asio::any_io_executor& loop, std::function<void(ByteSource&)> work,
             std::function<void(std::exception_ptr)> on_failure);
    /// Fails the queue unless finished, and waits for the thread.
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;

    /// Hands over a chunk; await space() before the next one when `full()` says so.
    void push(Chunk chunk) { full_ = !queue_.push(std::move(chunk)); }
    bool full() const { return full_; }
    boost::asio::awaitable<void> space();
    /// No more chunks.
    void finish();
    /// Stops the work: it sees `cause` instead of more bytes. The thread ends soon after.
    void fail(std::exception_ptr cause);
    /// Waits for the work to end, however it ended.
    boost::asio::awaitable<void> wait();
    /// Waits for the work to end; throws what it threw.
    boost::asio::awaitable<void> join();

private:
    ByteQueue queue_;
    LoopEvent ended_;
    std::exception_ptr failure_;  // written by the thread before ended_ is set
    bool full_ = false;
    bool closed_ = false;
    std::thread thread_;
};

}  // namespace tsb

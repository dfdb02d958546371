// Blocks worked on by a pool's threads and given out in the order in which they came in.
//
// One producer pushes, one consumer pops, each on a thread of its own; at most `limit` blocks are
// in the pipeline. Tasks never wait for anything, so any number of pipelines may share a pool of
// any size; a task of that pool must not be producer or consumer. The first failure of any side
// ends both.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/io/buffer.hpp"
#include "core/io/worker_pool.hpp"

namespace tsb {

/// Blocks that keep every thread of `pool` busy while others wait to be written or read.
inline std::size_t blocks_in_flight(const WorkerPool& pool) {
    return 2 * std::size_t{pool.size()} + 2;
}

class BlockPipeline {
public:
    /// Turns `in` into `out`; called on several threads at once.
    using Work = std::function<void(Bytes in, Buffer& out)>;

    BlockPipeline(WorkerPool& pool, std::size_t limit, Work work);
    /// Waits for the tasks that run; blocks not popped are dropped. Producer and consumer must
    /// have ended, which fail() makes them do.
    ~BlockPipeline();

    /// A buffer with memory of an earlier block where there is one. Thread: any.
    Buffer take_buffer();
    /// Queues a block to be worked on. Blocks while `limit` blocks are in the pipeline; throws
    /// the failure. Thread: producer.
    void push(Buffer in);
    /// The same for a block that needs no work. Thread: producer.
    void push_finished(Buffer out);
    /// No more blocks: pop() returns false after the last one. Thread: producer.
    void finish();

    /// Swaps the next block into `block`; false at the end. Blocks; throws the failure. A failure
    /// of the work comes at that block's turn. Thread: consumer.
    bool pop(Buffer& block);

    /// Every push() and pop() throws `cause` from now on, unless something failed before.
    /// Thread: any.
    void fail(std::exception_ptr cause);
    /// Throws what failed, if anything did. Thread: any.
    void rethrow_failure();

private:
    struct Slot {
        Buffer in;
        Buffer out;
        bool done = false;
        std::exception_ptr failure;
    };
    void run(Slot& slot);
    Slot& add_slot(std::unique_lock<std::mutex>& lock);
    Buffer take_spare();
    void fail_locked(std::exception_ptr cause);

    WorkerPool& pool_;
    const std::size_t limit_;
    const Work work_;

    std::mutex mutex_;
    std::condition_variable changed_;
    // State below is guarded by mutex_.
    std::deque<std::unique_ptr<Slot>> slots_;
    std::vector<Buffer> spares_;
    std::size_t running_ = 0;  // tasks submitted and not ended
    bool finished_ = false;
    std::exception_ptr failure_;
};

}  // namespace tsb

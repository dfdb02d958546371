// The queue between loop and worker, and the worker pool.
#include "core/io/byte_queue.hpp"

#include <atomic>
#include <thread>

#include "core/io/block_pipeline.hpp"
#include "core/io/worker_pool.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/sources.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

Chunk chunk(std::string_view text) {
    return Chunk::copy_of(as_bytes(text));
}

std::exception_ptr failure(const char* cause) {
    return std::make_exception_ptr(Error(ErrorCode::protocol, cause));
}

}  // namespace

TEST_CASE("chunks come out in order and none is lost at the end") {
    ByteQueue queue(100);
    queue.push(chunk("one "));
    queue.push(chunk(""));
    queue.push(chunk("two "));
    queue.push(chunk("three"));
    queue.finish();
    CHECK(read_all(queue) == "one two three");
    CHECK(queue.next().empty());
}

TEST_CASE("a full queue asks the pusher to wait until it is half empty") {
    ByteQueue queue(8);
    CHECK(queue.push(chunk("1234")));
    CHECK(!queue.push(chunk("5678")));
    CHECK(!queue.push(chunk("9")));  // taken nevertheless
    int woken = 0;
    queue.when_space([&] { ++woken; });
    queue.next();
    CHECK(woken == 0);
    queue.next();
    CHECK(woken == 1);
    queue.next();
    CHECK(woken == 1);
}

TEST_CASE("who waits for space while there is some is called at once") {
    ByteQueue queue(8);
    bool woken = false;
    queue.when_space([&] { woken = true; });
    CHECK(woken);
}

TEST_CASE("the waiter may push and wait again from within the call") {
    ByteQueue queue(4);
    int pushed = 0;
    std::function<void()> more = [&] {
        while (pushed < 10) {
            ++pushed;
            if (!queue.push(chunk("abcd"))) return queue.when_space(more);
        }
        queue.finish();
    };
    more();
    CHECK(read_all(queue).size() == 40);
}

TEST_CASE("a producer that fails reaches the consumer before what is buffered") {
    ByteQueue queue(8);
    queue.push(chunk("data"));
    queue.fail(failure("connection lost"));
    CHECK(code_of([&] { queue.next(); }) == ErrorCode::protocol);
    CHECK(code_of([&] { queue.next(); }) == ErrorCode::protocol);
}

TEST_CASE("a consumer that gives up reaches the producer and wakes it") {
    ByteQueue queue(4);
    queue.push(chunk("12345678"));
    bool woken = false;
    queue.when_space([&] { woken = true; });
    queue.abandon(failure("disk full"));
    CHECK(woken);
    CHECK(code_of([&] { queue.push(chunk("more")); }) == ErrorCode::protocol);
}

TEST_CASE("a producer that fails while its own coroutine waits for space wakes it") {
    ByteQueue queue(4);
    queue.push(chunk("12345678"));
    bool woken = false;
    queue.when_space([&] { woken = true; });
    queue.fail(failure("cancelled"));
    CHECK(woken);
}

TEST_CASE("a blocked consumer is woken by data, by the end and by a failure") {
    for (const int way : {0, 1, 2}) {
        ByteQueue queue(8);
        std::string seen;
        std::thread consumer([&] {
            try {
                seen = "read " + read_all(queue);
            } catch (const Error& error) {
                seen = error.what();
            }
        });
        if (way == 0) queue.push(chunk("data"));
        if (way <= 1) queue.finish();
        if (way == 2) queue.fail(failure("failed"));
        consumer.join();
        CHECK(seen == (way == 0 ? "read data" : way == 1 ? "read " : "failed"));
    }
}

TEST_CASE("two threads move much data through a small queue unchanged") {
    const std::string data = noise(300'000);
    ByteQueue queue(1000);
    std::string seen;
    std::thread consumer([&] { seen = read_all(queue); });
    std::mutex mutex;
    std::condition_variable space;
    for (std::size_t at = 0; at < data.size(); at += 777) {
        if (queue.push(chunk(std::string_view(data).substr(at, 777)))) continue;
        bool ready = false;
        queue.when_space([&] {
            const std::lock_guard lock(mutex);
            ready = true;
            space.notify_one();
        });
        std::unique_lock lock(mutex);
        space.wait(lock, [&] { return ready; });
    }
    queue.finish();
    consumer.join();
    CHECK(seen == data);
}

TEST_CASE("a pool does all that was submitted before its destructor returns") {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(3);
        CHECK(pool.size() == 3);
        for (int i = 0; i < 1000; ++i) pool.submit([&] { ++done; });
    }
    CHECK(done == 1000);
    CHECK(WorkerPool(0).size() == 1);
}

TEST_CASE("a pipeline keeps the order and never holds more blocks than its limit") {
    WorkerPool pool(3);
    constexpr int limit = 4;
    constexpr int blocks = 200;
    BlockPipeline pipeline(pool, limit, [](Bytes in, Buffer& out) { out.assign(in); });
    std::atomic<int> begun = 0;
    std::thread producer([&] {
        for (int i = 0; i < blocks; ++i) {
            ++begun;
            begun.notify_one();
            Buffer block = pipeline.take_buffer();
            block.assign(as_bytes(std::to_string(i)));
            if (i % 7 == 0) {
                pipeline.push_finished(std::move(block));
            } else {
                pipeline.push(std::move(block));
            }
        }
        pipeline.finish();
    });
    int popped = 0;
    bool bounded = true;
    bool ordered = true;
    for (Buffer block;; ++popped) {
        // As far as the producer can come by itself, and no farther.
        const int farthest = std::min(popped + limit + 1, blocks);
        for (int seen = begun; seen < farthest; seen = begun) begun.wait(seen);
        bounded = bounded && begun == farthest;
        if (!pipeline.pop(block)) break;
        ordered = ordered && as_text(block.bytes()) == std::to_string(popped);
    }
    producer.join();
    CHECK(popped == blocks);
    CHECK(ordered);
    CHECK(bounded);
}

TEST_CASE("work that fails is thrown at its block's turn and then to the producer") {
    WorkerPool pool(2);
    BlockPipeline pipeline(pool, 10, [](Bytes in, Buffer& out) {
        if (as_text(in) == "bad") throw Error(ErrorCode::damaged, "bad block");
        out.assign(in);
    });
    for (const char* text : {"good", "bad", "good"}) {
        Buffer block;
        block.assign(as_bytes(text));
        pipeline.push(std::move(block));
    }
    Buffer block;
    CHECK(pipeline.pop(block));
    CHECK(code_of([&] { pipeline.pop(block); }) == ErrorCode::damaged);
    CHECK(code_of([&] { pipeline.pop(block); }) == ErrorCode::damaged);
    CHECK(code_of([&] { pipeline.push(Buffer()); }) == ErrorCode::damaged);
    CHECK(code_of([&] { pipeline.rethrow_failure(); }) == ErrorCode::damaged);
}

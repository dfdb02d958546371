// The way of a byte from the server's message to the visitor of tar members.
#include <algorithm>
#include <semaphore>
#include <thread>

#include "core/io/byte_queue.hpp"
#include "core/io/tar_reader.hpp"
#include "core/pg/copy_message.hpp"
#include "tests/bench/micro_parts.hpp"
#include "tests/bench/sample_rows.hpp"
#include "tests/unit/io/tar_builder.hpp"

namespace tsb::bench {
namespace {

void parse_data_message(benchmark::State& state) {
    const std::string message = "d" + sample_rows(message_size, 1);
    for (auto _ : state) {
        auto parsed = parse_copy_message(as_bytes(message));
        benchmark::DoNotOptimize(parsed);
    }
    count_bytes(state, message.size());
}

void parse_progress_message(benchmark::State& state) {
    const std::string message = "p" + std::string(7, '\0') + "\x2a";
    for (auto _ : state) {
        auto parsed = parse_copy_message(as_bytes(message));
        benchmark::DoNotOptimize(parsed);
    }
}

/// Of bytes that somebody else owns: the queue alone is measured, no allocator.
Chunk borrowed(std::string& data) {
    return {data.data(), [](void*) {}, as_bytes(data)};
}

void queue_in_one_thread(benchmark::State& state) {
    auto data = sample_rows(message_size, 1);
    ByteQueue queue(mebibyte);
    for (auto _ : state) {
        queue.push(borrowed(data));
        auto bytes = queue.next();
        benchmark::DoNotOptimize(bytes);
    }
    count_bytes(state, data.size());
}

/// The consumer runs beside, as the worker of a backup does; the queue is kept from growing.
void queue_between_threads(benchmark::State& state) {
    constexpr int messages = 1000;
    auto data = sample_rows(message_size, 1);
    for (auto _ : state) {
        ByteQueue queue(mebibyte);
        std::thread consumer([&] { drain(queue); });
        for (int i = 0; i < messages; ++i) {
            if (queue.push(borrowed(data))) continue;
            std::binary_semaphore space{0};
            queue.when_space([&] { space.release(); });
            space.acquire();
        }
        queue.finish();
        consumer.join();
    }
    count_bytes(state, data.size() * messages);
}

class RunsOf : public ByteSource {
public:
    explicit RunsOf(Bytes data) : rest_(data) {}
    Bytes next() override {
        const Bytes given = rest_.first(std::min(message_size, rest_.size()));
        rest_ = rest_.subspan(given.size());
        return given;
    }

private:
    Bytes rest_;
};

class Counter : public MemberVisitor {
public:
    void begin(const TarMember& /*member*/) override { ++members; }
    void data(Bytes run) override { bytes += run.size(); }
    void end() override {}
    std::size_t members = 0;
    std::size_t bytes = 0;
};

/// 32 MiB of members of one size.
void walk(benchmark::State& state) {
    const auto member_size = static_cast<std::size_t>(state.range(0));
    const auto content = sample_rows(member_size, 1);
    std::string archive;
    for (std::size_t i = 0; i < 32 * mebibyte / member_size; ++i) {
        archive += test::tar_file("base/5/" + std::to_string(16384 + i), content);
    }
    archive += test::tar_finish();
    Counter counter;
    for (auto _ : state) {
        RunsOf source(as_bytes(archive));
        walk_tar(source, "base.tar", counter);
    }
    count_bytes(state, archive.size());
    state.SetItemsProcessed(static_cast<std::int64_t>(counter.members));
}

BENCHMARK(parse_data_message);
BENCHMARK(parse_progress_message);
BENCHMARK(queue_in_one_thread);
BENCHMARK(queue_between_threads)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(walk)->Arg(8192)->Arg(mebibyte)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tsb::bench

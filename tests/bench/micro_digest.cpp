// The digests of members (CRC-32C unless the server is told otherwise) and of stored bytes.
#include "core/io/digest.hpp"
#include "tests/bench/micro_parts.hpp"
#include "tests/bench/sample_rows.hpp"

namespace tsb::bench {
namespace {

void checksum(benchmark::State& state) {
    const auto data = sample_rows(static_cast<std::size_t>(state.range(0)), 1);
    for (auto _ : state) {
        auto sum = crc32c(as_bytes(data));
        benchmark::DoNotOptimize(sum);
    }
    count_bytes(state, data.size());
}

/// A whole file at a time, from the first byte to the digest.
void digest(benchmark::State& state, DigestKind kind) {
    const auto data = sample_rows(static_cast<std::size_t>(state.range(0)), 1);
    Digest running(kind);
    for (auto _ : state) {
        running.update(as_bytes(data));
        auto bytes = running.finish();
        benchmark::DoNotOptimize(bytes);
    }
    count_bytes(state, data.size());
}

BENCHMARK(checksum)->Arg(8192)->Arg(mebibyte);
BENCHMARK_CAPTURE(digest, crc32c, DigestKind::crc32c)->Arg(8192)->Arg(mebibyte);
BENCHMARK_CAPTURE(digest, sha256, DigestKind::sha256)->Arg(8192)->Arg(mebibyte);

}  // namespace
}  // namespace tsb::bench

// One block of each method: what a thread of the worker pool does.
#include "core/io/block_codec.hpp"
#include "tests/bench/micro_parts.hpp"
#include "tests/bench/sample_rows.hpp"

namespace tsb::bench {
namespace {

void compress(benchmark::State& state, const BlockCodec& codec) {
    const auto compressor = codec.make_compressor(static_cast<int>(state.range(0)));
    const auto plain = sample_rows(mebibyte, 1);
    Buffer stored;
    for (auto _ : state) compressor->compress_block(as_bytes(plain), stored);
    count_bytes(state, plain.size());
    state.counters["ratio"] =
        static_cast<double>(plain.size()) / static_cast<double>(stored.size());
}

/// The rate is that of plain bytes.
void decompress(benchmark::State& state, const BlockCodec& codec) {
    const auto plain = sample_rows(mebibyte, 1);
    Buffer stored;
    codec.make_compressor(static_cast<int>(state.range(0)))
        ->compress_block(as_bytes(plain), stored);
    const auto decompressor = codec.make_decompressor();
    Buffer result;
    for (auto _ : state) decompressor->decompress_block(stored.bytes(), result);
    count_bytes(state, plain.size());
}

BENCHMARK_CAPTURE(compress, gzip, gzip_codec)->Arg(1)->Arg(6)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(compress, zstd, zstd_codec)->Arg(1)->Arg(3)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(compress, lz4, lz4_codec)->Arg(1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decompress, gzip, gzip_codec)->Arg(6)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decompress, zstd, zstd_codec)->Arg(3)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decompress, lz4, lz4_codec)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tsb::bench

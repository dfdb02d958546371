// What the micro-benchmarks have in common.
#pragma once

#include <benchmark/benchmark.h>

#include "core/base/bytes.hpp"

namespace tsb::bench {

/// As large as the server's CopyData messages.
inline constexpr std::size_t message_size = std::size_t{32} << 10U;
inline constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// Makes the rate "bytes a second" of all iterations.
inline void count_bytes(benchmark::State& state, std::size_t bytes_per_iteration) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes_per_iteration));
}

}  // namespace tsb::bench

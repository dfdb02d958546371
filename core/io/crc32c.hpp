// The running form of CRC-32C: what Digest and crc32c() are made of. A state begins as
// crc32c_start and becomes the final value by inversion.
#pragma once

#include "core/base/bytes.hpp"

namespace tsb {

inline constexpr std::uint32_t crc32c_start = 0xFFFFFFFF;

/// The state after `bytes`: ISA-L's, the fastest that the processor can do. Thread: any.
std::uint32_t crc32c_update(std::uint32_t state, Bytes bytes);

}  // namespace tsb

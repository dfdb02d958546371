// Numbers as the server's files hold them: the least byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tsb::test {

/// Writes the lower `length` bytes of `value` at `offset`.
inline void put_le(std::vector<std::byte>& bytes, std::size_t offset, std::uint64_t value,
                   std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) {
        bytes[offset + i] = static_cast<std::byte>(value >> 8 * i & 0xFF);
    }
}

}  // namespace tsb::test

#include "core/io/crc32c.hpp"

#include <isa-l/crc.h>

#include <algorithm>

#include "core/io/digest.hpp"

namespace tsb {

std::uint32_t crc32c_update(std::uint32_t state, Bytes bytes) {
    constexpr std::size_t most_at_once = std::size_t{1} << 30;  // the length is an int
    while (!bytes.empty()) {
        const Bytes part = bytes.first(std::min(bytes.size(), most_at_once));
        // It only reads: its prototype is older than const there.
        auto* const data = const_cast<std::byte*>(part.data());
        state = crc32_iscsi(reinterpret_cast<unsigned char*>(data), static_cast<int>(part.size()),
                            state);
        bytes = bytes.subspan(part.size());
    }
    return state;
}

std::uint32_t crc32c(Bytes bytes) {
    return ~crc32c_update(crc32c_start, bytes);
}

}  // namespace tsb

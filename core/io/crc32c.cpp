#include "core/io/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include "core/io/digest.hpp"

namespace tsb {
namespace {

constexpr std::uint32_t reflected_polynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t index = 0; index < table.size(); ++index) {
        std::uint32_t value = index;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? (value >> 1) ^ reflected_polynomial : value >> 1;
        }
        table[index] = value;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t update_sse42(std::uint32_t state, Bytes bytes) {
    std::uint64_t wide = state;
    while (bytes.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        wide = _mm_crc32_u64(wide, word);
        bytes = bytes.subspan(sizeof word);
    }
    state = static_cast<std::uint32_t>(wide);
    for (const std::byte byte : bytes)
        state = _mm_crc32_u8(state, std::to_integer<unsigned char>(byte));
    return state;
}
#endif

}  // namespace

std::uint32_t crc32c_update_portable(std::uint32_t state, Bytes bytes) {
    for (const std::byte byte : bytes) {
        state = table[(state ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ (state >> 8);
    }
    return state;
}

std::uint32_t crc32c_update(std::uint32_t state, Bytes bytes) {
#if defined(__x86_64__)
    static const bool has_sse42 = __builtin_cpu_supports("sse4.2") != 0;
    if (has_sse42) return update_sse42(state, bytes);
#endif
    return crc32c_update_portable(state, bytes);
}

std::uint32_t crc32c(Bytes bytes) {
    return ~crc32c_update(crc32c_start, bytes);
}

}  // namespace tsb

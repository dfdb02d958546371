#include "core/base/bytes.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/base/error.hpp"

namespace tsb {
namespace {

template <typename Integer>
Integer read_be(Bytes bytes) {
    Integer value = 0;
    for (std::byte b : bytes)
        value = static_cast<Integer>(value << 8 | std::to_integer<Integer>(b));
    return value;
}

template <typename Integer>
Integer read_le(Bytes bytes) {
    Integer value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        value = static_cast<Integer>(value << 8 | std::to_integer<Integer>(bytes[i]));
    }
    return value;
}

template <typename Integer>
void append_be(std::vector<std::byte>& out, Integer value) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::byte>(value >> shift & 0xFF));
    }
}

/// 0 to 15; -1 when `digit` is none.
int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

}  // namespace

Chunk::Chunk(std::shared_ptr<const void> owner, Bytes bytes) : bytes_(bytes) {
    using Shared = std::shared_ptr<const void>;
    owner_ = {new Shared(std::move(owner)), [](void* p) { delete static_cast<Shared*>(p); }};
}

Chunk::Chunk(std::vector<std::byte>&& bytes) {
    auto owned = std::make_unique<std::vector<std::byte>>(std::move(bytes));
    bytes_ = *owned;
    owner_ = {owned.release(), [](void* p) { delete static_cast<std::vector<std::byte>*>(p); }};
}

Chunk Chunk::copy_of(Bytes bytes) {
    if (bytes.empty()) return {};
    void* memory = std::malloc(bytes.size());
    if (memory == nullptr) throw std::bad_alloc();
    std::memcpy(memory, bytes.data(), bytes.size());
    return {memory, std::free, Bytes(static_cast<std::byte*>(memory), bytes.size())};
}

Bytes ByteReader::take(std::size_t count) {
    if (count > rest_.size()) {
        throw Error(ErrorCode::protocol, "cannot read " + std::to_string(count) +
                                             " bytes of a message: only " +
                                             std::to_string(rest_.size()) + " are left");
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

std::uint8_t ByteReader::u8() {
    return read_be<std::uint8_t>(take(1));
}
std::uint32_t ByteReader::u32_be() {
    return read_be<std::uint32_t>(take(4));
}
std::uint64_t ByteReader::u64_be() {
    return read_be<std::uint64_t>(take(8));
}
std::uint16_t ByteReader::u16_le() {
    return read_le<std::uint16_t>(take(2));
}
std::uint32_t ByteReader::u32_le() {
    return read_le<std::uint32_t>(take(4));
}
std::uint64_t ByteReader::u64_le() {
    return read_le<std::uint64_t>(take(8));
}

std::string_view ByteReader::c_string(std::size_t limit) {
    const Bytes window = rest_.first(std::min(rest_.size(), limit + 1));
    const auto end = std::find(window.begin(), window.end(), std::byte{0});
    if (end == window.end()) {
        throw Error(ErrorCode::protocol, "cannot read a string of a message: no end within " +
                                             std::to_string(limit) + " bytes");
    }
    const Bytes text = take(static_cast<std::size_t>(end - window.begin()));
    take(1);
    return as_text(text);
}

void append_u32_be(std::vector<std::byte>& out, std::uint32_t value) {
    append_be(out, value);
}
void append_u64_be(std::vector<std::byte>& out, std::uint64_t value) {
    append_be(out, value);
}

std::string to_hex(Bytes bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::byte b : bytes) {
        text += digits[std::to_integer<unsigned>(b) >> 4];
        text += digits[std::to_integer<unsigned>(b) & 0xF];
    }
    return text;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

}  // namespace tsb

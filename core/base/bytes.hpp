// Bytes and who owns them: spans for looking, Chunk for handing on without a copy; big- and
// little-endian reads that check bounds; hexadecimal text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tsb {

using Bytes = std::span<const std::byte>;

/// The bytes of `text`. Valid as long as `text`.
inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span<const char>(text.data(), text.size()));
}
/// `bytes` seen as text. Valid as long as `bytes`.
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A run of bytes together with its owner. Moves only; the bytes stay where they are.
class Chunk {
public:
    Chunk() = default;
    /// Takes a buffer that `release(memory)` frees (libpq's PQfreemem, free); `bytes` lies in it.
    Chunk(void* memory, void (*release)(void*), Bytes bytes)
        : owner_(memory, release), bytes_(bytes) {}
    /// `bytes` lies in what `owner` owns with others.
    Chunk(std::shared_ptr<const void> owner, Bytes bytes);
    explicit Chunk(std::vector<std::byte>&& bytes);
    static Chunk copy_of(Bytes bytes);

    Bytes bytes() const noexcept { return bytes_; }
    std::size_t size() const noexcept { return bytes_.size(); }
    /// Forgets the first `count` bytes (at most size()); the owner is kept.
    void drop_front(std::size_t count) { bytes_ = bytes_.subspan(count); }

private:
    std::unique_ptr<void, void (*)(void*)> owner_{nullptr, nullptr};
    Bytes bytes_;
};

/// Reads fixed-size integers from the front of untrusted bytes. Each call throws
/// Error{protocol} when fewer bytes are left than it needs.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}
    std::uint8_t u8();
    std::uint32_t u32_be();
    std::uint64_t u64_be();
    std::uint16_t u16_le();
    std::uint32_t u32_le();
    std::uint64_t u64_le();
    /// Text up to the next zero byte, which is consumed; at most `limit` bytes.
    std::string_view c_string(std::size_t limit);
    Bytes take(std::size_t count);
    Bytes rest() const noexcept { return rest_; }

private:
    Bytes rest_;
};

void append_u32_be(std::vector<std::byte>& out, std::uint32_t value);
void append_u64_be(std::vector<std::byte>& out, std::uint64_t value);

/// Lower-case hexadecimal text of `bytes`.
std::string to_hex(Bytes bytes);
/// The bytes of hexadecimal `text` (either case); nothing when it is malformed.
std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace tsb

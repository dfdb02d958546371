#include "core/io/tar_writer.hpp"

#include <cstring>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::size_t record_size = 512;
constexpr std::array<std::byte, 2 * record_size> zeros{};

using Header = std::array<std::byte, record_size>;

void put(Header& header, std::size_t offset, std::string_view text) {
    std::memcpy(header.data() + offset, text.data(), text.size());
}

/// `width` octal digits; the byte after them is left alone.
void put_octal(Header& header, std::size_t offset, std::uint64_t value, std::size_t width) {
    for (std::size_t digit = width; digit-- > 0; value >>= 3) {
        header[offset + digit] = static_cast<std::byte>('0' + (value & 7));
    }
}

}  // namespace

std::array<std::byte, record_size> tar_file_header(const std::string& path, std::uint64_t size,
                                                   std::int64_t mtime) {
    constexpr std::uint64_t size_limit = 1ULL << 33;  // 11 octal digits
    constexpr std::int64_t mtime_limit = 1LL << 33;
    if (path.empty() || path.size() > 100 || size >= size_limit || mtime < 0 ||
        mtime >= mtime_limit) {
        throw Error(ErrorCode::internal,
                    "cannot write a tar header for '" + printable(path) + "': out of bounds");
    }
    Header header{};
    put(header, 0, path);
    put_octal(header, 100, 0600, 7);
    put_octal(header, 108, 0, 7);
    put_octal(header, 116, 0, 7);
    put_octal(header, 124, size, 11);
    put_octal(header, 136, static_cast<std::uint64_t>(mtime), 11);
    put(header, 148, "        ");
    put(header, 156, "0");
    put(header, 257,
        std::string_view("ustar\0"
                         "00",
                         8));
    put_octal(header, 329, 0, 7);
    put_octal(header, 337, 0, 7);
    // The checksum counts its own field as blanks, hence written last over them.
    unsigned checksum = 0;
    for (const std::byte byte : header) checksum += std::to_integer<unsigned>(byte);
    put(header, 148, std::string_view("\0\0\0\0\0\0\0 ", 8));
    put_octal(header, 148, checksum, 6);
    return header;
}

Bytes tar_padding(std::uint64_t size) {
    return Bytes(zeros).first((record_size - size % record_size) % record_size);
}

Bytes tar_end() {
    return zeros;
}

}  // namespace tsb

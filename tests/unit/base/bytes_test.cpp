// Chunks, readers of untrusted bytes, hexadecimal text, LSNs.
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/base/lsn.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;
using namespace std::string_view_literals;

TEST_CASE("a chunk frees what it was given, once, wherever it was moved") {
    static int released = 0;
    released = 0;
    void* memory = std::malloc(8);
    std::memcpy(memory, "12345678", 8);
    {
        Chunk chunk(
            memory,
            [](void* p) {
                ++released;
                std::free(p);
            },
            Bytes(static_cast<std::byte*>(memory) + 1, 7));
        Chunk moved = std::move(chunk);
        moved.drop_front(2);
        CHECK(as_text(moved.bytes()) == "45678");
        CHECK(moved.size() == 5);
        CHECK(released == 0);
    }
    CHECK(released == 1);
}

TEST_CASE("a chunk of a vector or a copy does not depend on where the bytes came from") {
    std::string text = "abc";
    const Chunk copy = Chunk::copy_of(as_bytes(text));
    const Bytes source = as_bytes(text);
    const Chunk vector(std::vector<std::byte>(source.begin(), source.end()));
    text = "xyz";
    CHECK(as_text(copy.bytes()) == "abc");
    CHECK(as_text(vector.bytes()) == "abc");
    CHECK(Chunk::copy_of({}).size() == 0);
}

TEST_CASE("integers are read in both byte orders") {
    const auto text =
        "\x01\x01\x02\x03\x04\x00\x00\x00\x01\x00\x00\x00\x02\x34\x12\x78\x56\x34\x12"
        "\x08\x07\x06\x05\x04\x03\x02\x01rest"sv;
    ByteReader reader(as_bytes(text));
    CHECK(reader.u8() == 1);
    CHECK(reader.u32_be() == 0x01020304);
    CHECK(reader.u64_be() == 0x0000000100000002);
    CHECK(reader.u16_le() == 0x1234);
    CHECK(reader.u32_le() == 0x12345678);
    CHECK(reader.u64_le() == 0x0102030405060708);
    CHECK(as_text(reader.rest()) == "rest");
    CHECK(as_text(reader.take(4)) == "rest");
    CHECK(reader.rest().empty());
}

TEST_CASE("a reader never gives bytes that are not there") {
    ByteReader reader(as_bytes("abc"));
    CHECK_THROWS_AS(reader.u32_be(), Error);
    CHECK_THROWS_AS(reader.u64_le(), Error);
    CHECK_THROWS_AS(reader.take(4), Error);
    CHECK_THROWS_AS(reader.take(SIZE_MAX), Error);
    CHECK(as_text(reader.rest()) == "abc");
}

TEST_CASE("a string of a message ends with a zero byte within the limit") {
    const auto text = "base.tar\0\0tail"sv;
    ByteReader reader(as_bytes(text));
    CHECK(reader.c_string(8) == "base.tar");
    CHECK(reader.c_string(8).empty());
    CHECK_THROWS_AS(reader.c_string(8), Error);
    CHECK(as_text(reader.rest()) == "tail");

    ByteReader long_one(as_bytes("base.tar\0"sv));
    CHECK_THROWS_AS(long_one.c_string(7), Error);
}

TEST_CASE("integers are appended in network order") {
    std::vector<std::byte> out;
    append_u32_be(out, 0x01020304);
    append_u64_be(out, 0x05060708090A0B0C);
    CHECK(to_hex(out) == "0102030405060708090a0b0c");
}

TEST_CASE("hexadecimal text goes both ways and refuses all else") {
    CHECK(to_hex({}).empty());
    CHECK(to_hex(as_bytes("\x00\x7F\xFF"sv)) == "007fff");
    CHECK(as_text(from_hex("4a4B").value()) == "JK");
    CHECK(from_hex("")->empty());
    CHECK_FALSE(from_hex("abc"));
    CHECK_FALSE(from_hex("0g"));
    CHECK_FALSE(from_hex("0x"));
}

TEST_CASE("LSNs are written and read as PostgreSQL prints them") {
    CHECK(to_string(Lsn{0x16B374D848}) == "16/B374D848");
    CHECK(to_string(Lsn{0}) == "0/0");
    CHECK(parse_lsn("16/B374D848") == Lsn{0x16B374D848});
    CHECK(parse_lsn("ffffffff/ffffffff") == Lsn{~0ULL});
    for (const char* bad : {"", "/", "1/", "/1", "1", "1/2/3", "123456789/0", "0/123456789",
                            "0x1/2", " 1/2", "-1/2"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_lsn(bad));
    }
}

TEST_CASE("WAL segments are named by timeline and position") {
    constexpr std::uint64_t mib = 1 << 20;
    CHECK(wal_segment_name(1, Lsn{0x16B374D848}, 16 * mib) == "0000000100000016000000B3");
    CHECK(wal_segment_name(2, Lsn{0x16B374D848}, 1024 * mib) == "000000020000001600000002");
    CHECK(wal_segment_name(0xA, Lsn{0x1FFFFFFFF}, mib) == "0000000A0000000100000FFF");
    CHECK(timeline_history_name(2) == "00000002.history");
    CHECK(segment_start(Lsn{0x16B374D848}, 16 * mib) == Lsn{0x16B3000000});
}

TEST_CASE("segment sizes are the ones initdb allows") {
    CHECK(valid_segment_size(1 << 20));
    CHECK(valid_segment_size(16 << 20));
    CHECK(valid_segment_size(1 << 30));
    CHECK_FALSE(valid_segment_size(0));
    CHECK_FALSE(valid_segment_size(1 << 19));
    CHECK_FALSE(valid_segment_size(1ULL << 31));
    CHECK_FALSE(valid_segment_size((16 << 20) + 1));
}

// Spelling of compressions, and digests against published values.
#include "core/io/compression.hpp"

#include "core/io/crc32c.hpp"
#include "core/io/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/sources.hpp"

using namespace tsb;
using namespace tsb::test;

TEST_CASE("a compression is spelled as a method with a level") {
    using enum CompressionMethod;
    CHECK(parse_compression("6") == Compression(gzip, 6));
    CHECK(parse_compression("0") == Compression(gzip, 0));
    CHECK(parse_compression("gzip") == Compression(gzip, 6));
    CHECK(parse_compression("gzip:9") == Compression(gzip, 9));
    CHECK(parse_compression("zstd") == Compression(zstd, 3));
    CHECK(parse_compression("zstd:19") == Compression(zstd, 19));
    CHECK(parse_compression("lz4") == Compression(lz4, 1));
    CHECK(parse_compression("lz4:12") == Compression(lz4, 12));
    CHECK(parse_compression("none") == Compression(none, 0));
    CHECK(parse_compression("server-gzip") == Compression(gzip, 6, true));
    CHECK(parse_compression("server-zstd:19") == Compression(zstd, 19, true));
    CHECK(parse_compression("server-lz4:1") == Compression(lz4, 1, true));
}

TEST_CASE("a malformed compression or a level out of range is not one") {
    for (const char* text : {"",
                             ":",
                             "10",
                             "-1",
                             "-0",
                             "gzip:",
                             "gzip:10",
                             "gzip:-1",
                             "gzip: 6",
                             "gzip:6 ",
                             "GZIP",
                             "zstd:0",
                             "zstd:20",
                             "lz4:0",
                             "lz4:13",
                             "none:0",
                             "none:",
                             "bzip2",
                             "gzip:6:7",
                             "99999999999999999999",
                             "server-",
                             "server-none",
                             "server-6",
                             "server-gzip:0",
                             "server-server-gzip",
                             "server-zstd:20",
                             "-gzip"}) {
        CAPTURE(text);
        CHECK(!parse_compression(text));
    }
}

TEST_CASE("what to_string spells, parse_compression reads") {
    for (const char* text : {"none", "gzip:0", "gzip:6", "zstd:3", "lz4:1", "server-gzip:6",
                             "server-zstd:3", "server-lz4:9"}) {
        CHECK(to_string(parse_compression(text).value()) == text);
    }
    CHECK(file_extension(CompressionMethod::none).empty());
    CHECK(file_extension(CompressionMethod::gzip) == ".gz");
    CHECK(file_extension(CompressionMethod::zstd) == ".zst");
    CHECK(file_extension(CompressionMethod::lz4) == ".lz4");
}

namespace {

std::string digest_of(DigestKind kind, std::string_view text) {
    Digest digest(kind);
    for (const char& c : text) digest.update(as_bytes({&c, 1}));
    return to_hex(digest.finish());
}

/// The state after `bytes`, a bit at a time.
std::uint32_t crc_by_bits(Bytes bytes) {
    std::uint32_t state = crc32c_start;
    for (const std::byte byte : bytes) {
        state ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ (state % 2 * 0x82F63B78U);
    }
    return state;
}

}  // namespace

TEST_CASE("digests have their published values") {
    CHECK(digest_of(DigestKind::none, "abc").empty());
    CHECK(digest_of(DigestKind::crc32c, "123456789") == "839206e3");  // 0xE3069283
    CHECK(digest_of(DigestKind::sha224, "abc") ==
          "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    CHECK(digest_of(DigestKind::sha256, "abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(digest_of(DigestKind::sha384, "abc").starts_with("cb00753f45a35e8bb5a03d699ac65007"));
    CHECK(digest_of(DigestKind::sha512, "abc").starts_with("ddaf35a193617abacc417349ae204131"));
    CHECK(sha256_hex({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
    CHECK(crc32c({}) == 0);
}

TEST_CASE("a digest is ready for new data after finish") {
    for (const DigestKind kind : {DigestKind::crc32c, DigestKind::sha256}) {
        Digest digest(kind);
        digest.update(as_bytes("first"));
        const auto first = digest.finish();
        digest.update(as_bytes("first"));
        CHECK(digest.finish() == first);
    }
}

TEST_CASE("CRC-32C is that of its definition at every offset and at lengths of all kinds") {
    const std::string data = noise(20'000);
    for (const std::size_t size :
         {0, 1, 7, 8, 9, 15, 63, 64, 65, 255, 256, 257, 1023, 4097, 19'000}) {
        for (std::size_t offset = 0; offset < 17; ++offset) {
            const Bytes bytes = as_bytes(data).subspan(offset, size);
            const Bytes begin = bytes.first(size / 3);
            const std::uint32_t state = crc32c_update(crc32c_start, begin);
            REQUIRE(crc32c_update(state, bytes.subspan(begin.size())) == crc_by_bits(bytes));
        }
    }
}

TEST_CASE("the manifest's names of the algorithms are known in both directions") {
    for (const char* name : {"NONE", "CRC32C", "SHA224", "SHA256", "SHA384", "SHA512"}) {
        CHECK(to_string(digest_kind_named(name).value()) == name);
    }
    CHECK(!digest_kind_named("sha256"));
    CHECK(!digest_kind_named("MD5"));
}

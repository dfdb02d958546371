// The block codecs by themselves: round trips, cutting, hostile lengths.
#include "core/io/block_codec.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/io/sources.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

const std::vector<Compression> compressing{
    {CompressionMethod::gzip, 0}, {CompressionMethod::gzip, 1},  {CompressionMethod::gzip, 9},
    {CompressionMethod::zstd, 1}, {CompressionMethod::zstd, 19}, {CompressionMethod::lz4, 1},
    {CompressionMethod::lz4, 12},
};

std::string block_of(Compression compression, std::string_view plain) {
    Buffer stored;
    block_codec(compression.method)
        ->make_compressor(compression.level)
        ->compress_block(as_bytes(plain), stored);
    return std::string(as_text(stored.bytes()));
}

std::string plain_of(const BlockCodec& codec, std::string_view stored) {
    Buffer plain;
    codec.make_decompressor()->decompress_block(as_bytes(stored), plain);
    return std::string(as_text(plain.bytes()));
}

/// Through the stream decompressor, `run` stored bytes at a time into room for `room` bytes.
std::string streamed(const BlockCodec& codec, std::string_view stored, std::size_t run,
                     std::size_t room) {
    const auto stream = codec.make_stream();
    std::string plain;
    Buffer out;
    out.resize(room);
    std::size_t fed = 0;
    Bytes window;
    for (;;) {
        if (window.empty() && fed < stored.size()) {
            window = as_bytes(stored.substr(fed, run));
            fed += window.size();
        }
        const auto step = stream->step(window, {out.data(), room});
        window = window.subspan(step.taken);
        plain += as_text(out.bytes().first(step.given));
        if (step.taken == 0 && step.given == 0 && window.empty() && fed == stored.size()) break;
    }
    if (!stream->at_boundary()) throw Error(ErrorCode::damaged, "truncated");
    return plain;
}

}  // namespace

TEST_CASE("every method gives back every block it made, as block and as stream") {
    for (const Compression compression : compressing) {
        const BlockCodec& codec = *block_codec(compression.method);
        for (const std::string& plain : {std::string(), std::string("x"), rows(1000), noise(70'000),
                                         std::string(100'000, '\0')}) {
            CAPTURE(to_string(compression), plain.size());
            const std::string stored = block_of(compression, plain);
            CHECK(streamed(codec, stored, 1000, 700) == plain);
            CHECK(streamed(codec, stored + stored, 7, 100'000) == plain + plain);
            if (codec.cut_block(as_bytes(stored)).kind == BlockCut::Kind::block) {
                CHECK(plain_of(codec, stored) == plain);
            } else {
                CHECK(plain.empty());
            }
        }
    }
}

TEST_CASE("a block is cut off where it ends, and no part of it is taken for a block") {
    for (const Compression compression : compressing) {
        const BlockCodec& codec = *block_codec(compression.method);
        const std::string stored = block_of(compression, rows(900));
        const BlockCut cut = codec.cut_block(as_bytes(stored + stored));
        CAPTURE(to_string(compression));
        REQUIRE(cut.kind == BlockCut::Kind::block);
        CHECK(cut.size == stored.size());
        for (std::size_t size = 1; size < stored.size(); ++size) {
            REQUIRE(codec.cut_block(as_bytes(stored).first(size)).kind ==
                    BlockCut::Kind::need_more);
        }
    }
}

// lz4 blocks have no checksum (lz4_codec.cpp says why): there the archive's digest finds the bit,
// and what the block gives must only be as long as it says.
TEST_CASE("a block with a flipped bit never gives other data") {
    const std::string plain = noise(40) + rows(200);
    for (const Compression compression : compressing) {
        const BlockCodec& codec = *block_codec(compression.method);
        const std::string good = block_of(compression, plain);
        for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
            CAPTURE(to_string(compression), bit);
            std::string bad = good;
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
            try {
                const BlockCut cut = codec.cut_block(as_bytes(bad));
                const std::string got = cut.kind == BlockCut::Kind::block
                                            ? plain_of(codec, bad.substr(0, cut.size))
                                            : streamed(codec, bad, 1000, 1000);
                if (compression.method == CompressionMethod::lz4) {
                    REQUIRE(got.size() <= max_block_size);
                } else {
                    REQUIRE(got == plain);
                }
            } catch (const Error& error) {
                REQUIRE(error.code() == ErrorCode::damaged);
            }
        }
    }
}

TEST_CASE("bytes that are no block are left to the stream decompressor") {
    for (const Compression compression : compressing) {
        const BlockCodec& codec = *block_codec(compression.method);
        CHECK(codec.cut_block(as_bytes("this is not compressed at all")).kind ==
              BlockCut::Kind::stream);
        CHECK_THROWS_AS(streamed(codec, "this is not compressed at all", 100, 100), Error);
    }
}

TEST_CASE("a block that claims more than the limit is not allocated for") {
    const std::string large(max_block_size + 1, '\0');
    for (const Compression compression : compressing) {
        const BlockCodec& codec = *block_codec(compression.method);
        CAPTURE(to_string(compression));
        const std::string stored = block_of(compression, large);
        CHECK(codec.cut_block(as_bytes(stored)).kind == BlockCut::Kind::stream);
    }
}

TEST_CASE("a gzip block that lies about its length or size is refused or streamed") {
    const std::string good = block_of({CompressionMethod::gzip, 6}, rows(900));
    const auto with_u32 = [&](std::size_t offset, std::uint32_t value) {
        std::string bad = good;
        for (unsigned i = 0; i < 4; ++i) bad[offset + i] = static_cast<char>(value >> (8 * i));
        return bad;
    };
    for (const std::uint32_t length : {0U, 1U, 28U, 0x400001U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
        CHECK(gzip_codec.cut_block(as_bytes(with_u32(16, length))).kind == BlockCut::Kind::stream);
    }
    const std::string short_block = with_u32(16, static_cast<std::uint32_t>(good.size() - 1));
    CHECK_THROWS_AS(plain_of(gzip_codec, short_block.substr(0, good.size() - 1)), Error);
    const std::string tail = good.substr(good.size() - 4);  // the plain size, told once more
    const std::string long_block = with_u32(16, static_cast<std::uint32_t>(good.size() + 4)) + tail;
    CHECK(gzip_codec.cut_block(as_bytes(long_block)).kind == BlockCut::Kind::block);
    CHECK_THROWS_AS(plain_of(gzip_codec, long_block), Error);
    const std::string huge_size = with_u32(good.size() - 4, 0xFFFFFFFF);
    CHECK(gzip_codec.cut_block(as_bytes(huge_size)).kind == BlockCut::Kind::stream);
    for (const std::uint32_t size : {0U, 899U, 901U}) {
        CHECK_THROWS_AS(plain_of(gzip_codec, with_u32(good.size() - 4, size)), Error);
    }
}

TEST_CASE("an lz4 block whose inner lengths run over the limit is streamed") {
    std::string bad = block_of({CompressionMethod::lz4, 1}, rows(900));
    bad.replace(15, 4, "\xFF\xFF\xFF\x7F", 4);
    CHECK(lz4_codec.cut_block(as_bytes(bad)).kind == BlockCut::Kind::stream);
}

// The compression methods as block codecs: one row per method, everything that differs between
// gzip, zstd and lz4 behind it. A block is one whole gzip member, zstd frame or lz4 frame.
//
// Stored bytes are not trusted: a length is bounded by max_block_size before anything is
// allocated. Failures on stored bytes are Error{damaged} with the cause alone as message ("gzip:
// checksum differs"); who knows the file puts its name before it.
#pragma once

#include <memory>
#include <span>

#include "core/io/buffer.hpp"
#include "core/io/compression.hpp"

namespace tsb {

/// A block that claims more, stored or decompressed, is decompressed as a stream instead.
inline constexpr std::size_t max_block_size = 4 << 20;

/// Thread: one at a time.
class BlockCompressor {
public:
    virtual ~BlockCompressor() = default;
    /// Replaces `stored` by the block that holds `plain`, which may be empty.
    virtual void compress_block(Bytes plain, Buffer& stored) = 0;
};

/// Not to be used again after an exception. Thread: one at a time.
class BlockDecompressor {
public:
    virtual ~BlockDecompressor() = default;
    /// Replaces `plain` by what the block `stored`, as cut by cut_block, holds.
    virtual void decompress_block(Bytes stored, Buffer& plain) = 0;
};

/// Decompresses members or frames of any size, one after the other. Thread: one at a time.
class StreamDecompressor {
public:
    struct Step {
        std::size_t taken = 0;  // stored bytes
        std::size_t given = 0;  // plain bytes
    };
    virtual ~StreamDecompressor() = default;
    /// Takes from `stored` and gives into `plain` (not empty) as much as it can.
    virtual Step step(Bytes stored, std::span<std::byte> plain) = 0;
    /// True when nothing has begun that is not ended: here the file may end.
    virtual bool at_boundary() const = 0;
};

/// What the beginning of some stored bytes is.
struct BlockCut {
    enum class Kind {
        need_more,  // a block begins here; it is longer than what there is
        block,      // the first `size` bytes are a block
        stream,     // not a block that tells its length, or too large a one
    };
    Kind kind = Kind::need_more;
    std::size_t size = 0;
};

struct BlockCodec {
    CompressionMethod method;
    std::size_t block_size;  // what a writer cuts
    std::unique_ptr<BlockCompressor> (*make_compressor)(int level);
    std::unique_ptr<BlockDecompressor> (*make_decompressor)();
    std::unique_ptr<StreamDecompressor> (*make_stream)();
    BlockCut (*cut_block)(Bytes stored);
};

/// The codec of `method`; null for CompressionMethod::none, which has no blocks. Thread: any.
const BlockCodec* block_codec(CompressionMethod method);

extern const BlockCodec gzip_codec;
extern const BlockCodec zstd_codec;
extern const BlockCodec lz4_codec;

/// Throws Error{damaged} "<method>: <cause>".
[[noreturn]] void throw_damaged(std::string_view method, std::string_view cause);

}  // namespace tsb

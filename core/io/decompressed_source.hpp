// Decompresses a stream of gzip members, zstd frames or lz4 frames of any size, on the reader's own
// thread: what a server compressed, or what somebody compressed again by hand.
#pragma once

#include <memory>
#include <string>

#include "core/io/block_codec.hpp"
#include "core/io/byte_source.hpp"

namespace tsb {

/// Thread: one at a time.
class DecompressedSource : public ByteSource {
public:
    /// `name` is the archive's, for messages. `stored` outlives it.
    DecompressedSource(ByteSource& stored, const BlockCodec& codec, std::string name);

    /// At most 1 MiB. Error{damaged} when `stored` is malformed or ends too early; what it throws
    /// passes through.
    Bytes next() override;

private:
    ByteSource& source_;
    const std::string name_;
    const std::unique_ptr<StreamDecompressor> stream_;
    Bytes stored_;  // given by source_, not yet decompressed
    bool ended_ = false;
    Buffer plain_;
};

}  // namespace tsb

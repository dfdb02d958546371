#include "core/io/block_codec.hpp"

#include "core/base/error.hpp"

namespace tsb {

const BlockCodec* block_codec(CompressionMethod method) {
    for (const BlockCodec* codec : {&gzip_codec, &zstd_codec, &lz4_codec}) {
        if (codec->method == method) return codec;
    }
    return nullptr;
}

void throw_damaged(std::string_view method, std::string_view cause) {
    throw Error(ErrorCode::damaged, std::string(method) + ": " + std::string(cause));
}

}  // namespace tsb

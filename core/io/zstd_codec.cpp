// zstd: every block is a frame with its content size and checksum. The frame's length is found by
// walking its block headers, so it needs no field of ours.
#include <zstd.h>
#include <zstd_errors.h>

#include "core/base/error.hpp"
#include "core/io/block_codec.hpp"

namespace tsb {
namespace {

/// Frames that need a larger window than 2^25 bytes to decompress are refused: the memory would be
/// theirs to choose. zstd --ultra -20 is the highest level that stays within.
constexpr int max_window_log = 25;

void check_zstd(std::size_t result) {
    if (ZSTD_isError(result) != 0U) throw_damaged("zstd", ZSTD_getErrorName(result));
}

class ZstdCompressor final : public BlockCompressor {
public:
    explicit ZstdCompressor(int level) : context_(ZSTD_createCCtx()) {
        if (!context_) throw std::bad_alloc();
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
        if (level == 3 || level == 4) keep_tables_in_cache();
    }

    void compress_block(Bytes plain, Buffer& stored) override {
        stored.resize(ZSTD_compressBound(plain.size()));
        const std::size_t size = ZSTD_compress2(context_.get(), stored.data(), stored.size(),
                                                plain.data(), plain.size());
        if (ZSTD_isError(size) != 0U) {
            throw Error(ErrorCode::internal,
                        std::string("cannot compress a block: ") + ZSTD_getErrorName(size));
        }
        stored.resize(size);
    }

private:
    /// These levels' two tables have 768 KiB and more, which leaves no room for the data in a
    /// core's second-level cache. With these of 192 KiB level 3 takes 0.77 s for 800 MB of a
    /// TimescaleDB cluster (two threads) instead of 1.04 s and stores 1.9 % more: 142.6 MB, which
    /// is still less than the 143.9 MB of blocks of 1 MiB with the large tables. Of programs and
    /// texts it stores 2.7 % more, in 0.72 s instead of 0.99 s.
    void keep_tables_in_cache() {
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_hashLog, 15);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_chainLog, 14);
    }

    struct Free {
        void operator()(ZSTD_CCtx* memory) const { ZSTD_freeCCtx(memory); }
    };
    std::unique_ptr<ZSTD_CCtx, Free> context_;
};

struct DecompressionFree {
    void operator()(ZSTD_DCtx* memory) const { ZSTD_freeDCtx(memory); }
};
using DecompressionContext = std::unique_ptr<ZSTD_DCtx, DecompressionFree>;

DecompressionContext make_context() {
    DecompressionContext context(ZSTD_createDCtx());
    if (!context) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, max_window_log);
    return context;
}

class ZstdDecompressor final : public BlockDecompressor {
public:
    void decompress_block(Bytes stored, Buffer& plain) override {
        plain.resize(ZSTD_getFrameContentSize(stored.data(), stored.size()));
        const std::size_t size = ZSTD_decompressDCtx(context_.get(), plain.data(), plain.size(),
                                                     stored.data(), stored.size());
        check_zstd(size);
        if (size != plain.size()) throw_damaged("zstd", "a block is shorter than it tells");
    }

private:
    DecompressionContext context_ = make_context();
};

class ZstdStream final : public StreamDecompressor {
public:
    Step step(Bytes stored, std::span<std::byte> plain) override {
        if (at_boundary_ && stored.empty()) return {};
        ZSTD_inBuffer in{stored.data(), stored.size(), 0};
        ZSTD_outBuffer out{plain.data(), plain.size(), 0};
        const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
        check_zstd(result);
        at_boundary_ = result == 0;
        return {in.pos, out.pos};
    }
    bool at_boundary() const override { return at_boundary_; }

private:
    DecompressionContext context_ = make_context();
    bool at_boundary_ = true;
};

BlockCut cut_zstd_block(Bytes stored) {
    const std::size_t size = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
    if (ZSTD_isError(size) != 0U) {
        const bool cut_short = ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong;
        return {cut_short ? BlockCut::Kind::need_more : BlockCut::Kind::stream};
    }
    // The values for "unknown" and "error" are the largest there are.
    const unsigned long long plain_size = ZSTD_getFrameContentSize(stored.data(), stored.size());
    if (size > max_block_size || plain_size > max_block_size) return {BlockCut::Kind::stream};
    return {BlockCut::Kind::block, size};
}

}  // namespace

const BlockCodec zstd_codec{
    CompressionMethod::zstd,
    2 << 20,
    [](int level) -> std::unique_ptr<BlockCompressor> {
        return std::make_unique<ZstdCompressor>(level);
    },
    []() -> std::unique_ptr<BlockDecompressor> { return std::make_unique<ZstdDecompressor>(); },
    []() -> std::unique_ptr<StreamDecompressor> { return std::make_unique<ZstdStream>(); },
    cut_zstd_block,
};

}  // namespace tsb

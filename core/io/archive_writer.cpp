#include "core/io/archive_writer.hpp"

#include <algorithm>
#include <thread>

#include "core/base/error.hpp"
#include "core/io/block_codec.hpp"
#include "core/io/block_pipeline.hpp"
#include "core/io/digest.hpp"
#include "core/io/shelf.hpp"
#include "core/io/write_behind.hpp"

namespace tsb {

namespace {

constexpr std::size_t size_of_runs = 1 << 20;  // of what is stored as it comes

std::size_t block_size_of(CompressionMethod method) {
    const BlockCodec* codec = block_codec(method);
    return codec != nullptr ? codec->block_size : size_of_runs;
}

}  // namespace

struct ArchiveWriter::Impl {
    Impl(Fs& fs_, int directory, std::string name_, Compression compression_, WorkerPool& pool,
         std::size_t block_size_);
    ~Impl();

    void push_block();
    void write_blocks();

    Fs& fs;
    const std::string name;
    const Compression compression;
    const BlockCodec* const codec;  // null: stored as it comes
    const std::size_t block_size;

    Fd file;  // the writing thread's until it has ended
    Shelf<BlockCompressor> compressors;
    BlockPipeline pipeline;
    Buffer block;  // being filled
    bool any_block = false;
    Digest digest{DigestKind::sha256};  // the writing thread's, like `stored`
    std::uint64_t stored = 0;
    std::thread writing;  // last: it uses the rest
};

ArchiveWriter::Impl::Impl(Fs& fs_, int directory, std::string name_, Compression compression_,
                          WorkerPool& pool, std::size_t block_size_)
    : fs(fs_),
      name(std::move(name_)),
      compression(compression_),
      codec(block_codec(compression.method)),
      block_size(block_size_ > 0 ? block_size_ : block_size_of(compression.method)),
      file(fs.create_file(directory, name, 0600)),
      compressors([this] { return codec->make_compressor(compression.level); }),
      pipeline(pool, blocks_in_flight(pool),
               [this](Bytes plain, Buffer& stored_block) {
                   compressors.with([&](BlockCompressor& compressor) {
                       compressor.compress_block(plain, stored_block);
                   });
               }),
      writing([this] { write_blocks(); }) {}

ArchiveWriter::Impl::~Impl() {
    if (!writing.joinable()) return;
    pipeline.fail(std::make_exception_ptr(
        Error(ErrorCode::cancelled, "cannot write archive '" + printable(name) + "': given up")));
    writing.join();
}

void ArchiveWriter::Impl::push_block() {
    if (codec != nullptr) {
        pipeline.push(std::move(block));
    } else {
        pipeline.push_finished(std::move(block));
    }
    any_block = true;
    block = pipeline.take_buffer();
}

/// The writing thread: blocks come in order, so digest and file see the stored bytes as they are.
void ArchiveWriter::Impl::write_blocks() {
    try {
        Buffer stored_block;
        WriteBehind behind(fs, PageCache::drop);
        while (pipeline.pop(stored_block)) {
            digest.update(stored_block.bytes());
            write_all(fs, file.get(), stored_block.bytes(), name);
            stored += stored_block.size();
            behind.wrote(file.get(), stored_block.size());
        }
    } catch (...) {
        pipeline.fail(std::current_exception());
    }
}

ArchiveWriter::ArchiveWriter(Fs& fs, int directory, std::string name, Compression compression,
                             WorkerPool& pool, std::size_t block_size)
    : impl_(std::make_unique<Impl>(fs, directory, std::move(name), compression, pool, block_size)) {
}

ArchiveWriter::~ArchiveWriter() = default;

void ArchiveWriter::write(Bytes bytes) {
    while (!bytes.empty()) {
        const std::size_t count = std::min(bytes.size(), impl_->block_size - impl_->block.size());
        impl_->block.reserve(impl_->block_size);
        impl_->block.append(bytes.first(count));
        bytes = bytes.subspan(count);
        if (impl_->block.size() == impl_->block_size) impl_->push_block();
    }
}

StoredFile ArchiveWriter::finish() {
    // Of nothing, too, the method's own form is stored: an empty file is no gzip file.
    const bool must_not_be_empty = impl_->codec != nullptr && !impl_->any_block;
    if (impl_->block.size() > 0 || must_not_be_empty) impl_->push_block();
    impl_->pipeline.finish();
    impl_->writing.join();
    impl_->pipeline.rethrow_failure();
    impl_->fs.sync(impl_->file.get());
    impl_->fs.drop_cached(impl_->file.get(), 0, 0);
    impl_->fs.close(std::move(impl_->file));
    return {impl_->name, impl_->stored, to_hex(impl_->digest.finish())};
}

}  // namespace tsb

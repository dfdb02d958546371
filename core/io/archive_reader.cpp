#include "core/io/archive_reader.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/error.hpp"
#include "core/io/archive_error.hpp"
#include "core/io/block_codec.hpp"
#include "core/io/block_pipeline.hpp"
#include "core/io/decompressed_source.hpp"
#include "core/io/digest.hpp"
#include "core/io/shelf.hpp"

namespace tsb {
namespace {

constexpr std::size_t read_size = 1 << 20;

/// The runs given out: each comes back to be used again when nobody holds it any more.
class Runs : public std::enable_shared_from_this<Runs> {
public:
    Buffer take() {
        const std::lock_guard lock(mutex_);
        if (spares_.empty()) return {};
        Buffer buffer = std::move(spares_.back());
        spares_.pop_back();
        return buffer;
    }
    std::shared_ptr<const Buffer> share(Buffer run) {
        return {new Buffer(std::move(run)), [home = shared_from_this()](Buffer* held) {
                    const std::unique_ptr<Buffer> ended(held);
                    home->put(std::move(*held));
                }};
    }

private:
    void put(Buffer buffer) {
        const std::lock_guard lock(mutex_);
        spares_.push_back(std::move(buffer));
    }

    std::mutex mutex_;
    std::vector<Buffer> spares_;  // guarded by mutex_
};

}  // namespace

struct ArchiveReader::Impl {
    Impl(Fs& fs_, int directory, std::string name_, CompressionMethod method, WorkerPool& pool);
    ~Impl();

    void read_file();
    bool read_more(Buffer& into);
    void pass_through();
    void cut_blocks();
    class Rest;
    void stream_rest(Buffer window);

    Fs& fs;
    const std::string name;
    const BlockCodec* const codec;  // null: stored as it is

    const Fd file;  // the reading thread's
    Shelf<BlockDecompressor> decompressors;
    BlockPipeline pipeline;
    const std::shared_ptr<Runs> runs = std::make_shared<Runs>();
    std::shared_ptr<const Buffer> given;  // what next() returned
    Digest digest{DigestKind::sha256};    // the reading thread's
    std::string sha256;                   // written before the pipeline's end, read after it
    std::atomic<std::uint64_t> stored_bytes = 0;
    std::thread reading;  // last: it uses the rest
};

ArchiveReader::Impl::Impl(Fs& fs_, int directory, std::string name_, CompressionMethod method,
                          WorkerPool& pool)
    : fs(fs_),
      name(std::move(name_)),
      codec(block_codec(method)),
      file(fs.open_file(directory, name)),
      decompressors([this] { return codec->make_decompressor(); }),
      pipeline(pool, blocks_in_flight(pool),
               [this](Bytes stored, Buffer& plain) {
                   naming_archive(name, [&] {
                       decompressors.with([&](BlockDecompressor& decompressor) {
                           decompressor.decompress_block(stored, plain);
                       });
                   });
               }),
      reading([this] { read_file(); }) {}

ArchiveReader::Impl::~Impl() {
    pipeline.fail(std::make_exception_ptr(
        Error(ErrorCode::cancelled, "cannot read archive '" + printable(name) + "': given up")));
    reading.join();
}

/// The reading thread. It goes on to the end of the file even when nobody wants the data, since
/// the digest is of all stored bytes; a reader that is given up ends it through the pipeline.
void ArchiveReader::Impl::read_file() {
    try {
        if (codec != nullptr) {
            cut_blocks();
        } else {
            pass_through();
        }
        sha256 = to_hex(digest.finish());
        pipeline.finish();
    } catch (...) {
        pipeline.fail(std::current_exception());
    }
}

/// Appends up to read_size stored bytes; false at the end of the file.
bool ArchiveReader::Impl::read_more(Buffer& into) {
    const std::size_t had = into.size();
    into.resize(had + read_size);
    const std::size_t count = fs.read(file.get(), {into.data() + had, read_size});
    into.resize(had + count);
    digest.update(into.bytes().subspan(had));
    stored_bytes += count;
    return count > 0;
}

void ArchiveReader::Impl::pass_through() {
    for (;;) {
        Buffer block = pipeline.take_buffer();
        if (!read_more(block)) return;
        pipeline.push_finished(std::move(block));
    }
}

/// Hands every block that tells its length to the pool; the rest from the first that does not is
/// decompressed here.
void ArchiveReader::Impl::cut_blocks() {
    Buffer window;
    while (read_more(window)) {
        std::size_t taken = 0;
        while (taken < window.size()) {
            const Bytes rest = window.bytes().subspan(taken);
            const BlockCut cut = codec->cut_block(rest);
            const bool too_long = rest.size() > max_block_size;
            if (cut.kind == BlockCut::Kind::need_more && !too_long) break;
            if (cut.kind != BlockCut::Kind::block) {
                window.drop_front(taken);
                return stream_rest(std::move(window));
            }
            Buffer block = pipeline.take_buffer();
            block.assign(rest.first(cut.size));
            pipeline.push(std::move(block));
            taken += cut.size;
        }
        window.drop_front(taken);
    }
    if (stored_bytes == 0) throw damaged_archive(name, "the file is empty");
    if (window.size() > 0) stream_rest(std::move(window));
}

/// The stored bytes that were read too far, then those still in the file.
class ArchiveReader::Impl::Rest : public ByteSource {
public:
    Rest(Impl& reader, Buffer window) : reader_(reader), run_(std::move(window)) {}

    Bytes next() override {
        if (!std::exchange(window_given_, true) && run_.size() > 0) return run_.bytes();
        run_.resize(0);
        reader_.read_more(run_);
        return run_.bytes();
    }

private:
    Impl& reader_;
    Buffer run_;
    bool window_given_ = false;
};

void ArchiveReader::Impl::stream_rest(Buffer window) {
    Rest rest(*this, std::move(window));
    DecompressedSource plain(rest, *codec, name);
    for (Bytes run = plain.next(); !run.empty(); run = plain.next()) {
        Buffer block = pipeline.take_buffer();
        block.assign(run);
        pipeline.push_finished(std::move(block));
    }
}

ArchiveReader::ArchiveReader(Fs& fs, int directory, std::string name, CompressionMethod method,
                             WorkerPool& pool)
    : impl_(std::make_unique<Impl>(fs, directory, std::move(name), method, pool)) {}

ArchiveReader::~ArchiveReader() = default;

Bytes ArchiveReader::next() {
    impl_->given.reset();
    Buffer run = impl_->runs->take();
    do {
        if (!impl_->pipeline.pop(run)) return {};
    } while (run.size() == 0);
    impl_->given = impl_->runs->share(std::move(run));
    return impl_->given->bytes();
}

std::shared_ptr<const void> ArchiveReader::hold(Bytes part) const {
    if (!impl_->given || part.empty()) return nullptr;
    const Bytes run = impl_->given->bytes();
    const std::less_equal<> not_after;
    const bool within = not_after(run.data(), part.data()) &&
                        not_after(part.data() + part.size(), run.data() + run.size());
    return within ? impl_->given : nullptr;
}

std::uint64_t ArchiveReader::stored_size() const {
    return impl_->stored_bytes;
}

std::string ArchiveReader::stored_sha256() const {
    return impl_->sha256;
}

std::uint64_t ArchiveReader::stored_bytes_read() const {
    return impl_->stored_bytes;
}

}  // namespace tsb

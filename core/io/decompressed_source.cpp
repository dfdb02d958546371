#include "core/io/decompressed_source.hpp"

#include "core/io/archive_error.hpp"

namespace tsb {
namespace {

constexpr std::size_t run_size = 1 << 20;

}  // namespace

DecompressedSource::DecompressedSource(ByteSource& stored, const BlockCodec& codec,
                                       std::string name)
    : source_(stored), name_(std::move(name)), stream_(codec.make_stream()) {
    plain_.resize(run_size);
}

Bytes DecompressedSource::next() {
    std::size_t filled = 0;
    while (filled < run_size && !ended_) {
        const StreamDecompressor::Step step = naming_archive(name_, [&] {
            return stream_->step(stored_, {plain_.data() + filled, run_size - filled});
        });
        stored_ = stored_.subspan(step.taken);
        filled += step.given;
        if (step.taken > 0 || step.given > 0) continue;
        if (!stored_.empty()) throw damaged_archive(name_, "the data makes no sense");
        stored_ = source_.next();
        ended_ = stored_.empty();
    }
    if (ended_ && !stream_->at_boundary()) throw damaged_archive(name_, "the file is truncated");
    return plain_.bytes().first(filled);
}

}  // namespace tsb

#include "core/ops/wal_archive.hpp"

#include <algorithm>
#include <array>

#include "core/io/tar_writer.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::size_t padding_step = 1 << 16;

Bytes zeros(std::uint64_t count) {
    static const std::array<std::byte, padding_step> block{};
    return Bytes(block).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, block.size())));
}

}  // namespace

asio::awaitable<void> WalArchive::history(std::string file_name, std::string content) {
    push_whole_file(file_name, as_bytes(content));
    push_whole_file("archive_status/" + file_name + ".done", {});
    co_await wait_for_space();
}

asio::awaitable<void> WalArchive::wal(Timeline timeline, Lsn position, Bytes bytes) {
    if (segment_.empty()) {
        segment_ = wal_segment_name(timeline, position, segment_size_);
        written_ = 0;
        push(tar_file_header(segment_, segment_size_, now_));
    }
    push(bytes);
    written_ += bytes.size();
    if (written_ == segment_size_) {
        push_whole_file("archive_status/" + segment_ + ".done", {});
        segment_.clear();
    }
    co_await wait_for_space();
}

asio::awaitable<void> WalArchive::end_segment() {
    while (!segment_.empty()) {
        const Bytes padding = zeros(segment_size_ - written_);
        push(padding);
        written_ += padding.size();
        if (written_ == segment_size_) {
            segment_.clear();
        }
        co_await wait_for_space();
    }
}

void WalArchive::finish() {
    push(tar_end());
    pipeline_.finish();
}

void WalArchive::push_whole_file(const std::string& path, Bytes content) {
    push(tar_file_header(path, content.size(), now_));
    push(content);
    push(tar_padding(content.size()));
}

void WalArchive::push(Bytes bytes) {
    if (!bytes.empty()) {
        pipeline_.push(Chunk::copy_of(bytes));
    }
}

asio::awaitable<void> WalArchive::wait_for_space() {
    if (pipeline_.full()) {
        co_await pipeline_.space();
    }
}

}  // namespace tsb

#include "core/io/write_behind.hpp"

namespace tsb {
namespace {

/// Of 1 to 16 MiB none was measurably better than another.
constexpr std::uint64_t step = std::uint64_t{4} << 20;
/// Bytes that may still be on their way to the disk, and cannot be dropped before they are there.
constexpr std::uint64_t on_their_way = 4 * step;
constexpr std::uint64_t worth_settling = std::uint64_t{1} << 20;
constexpr std::size_t most_settling = 8;  // descriptors of each thread

}  // namespace

void WriteBehind::wrote(int file, std::uint64_t count) {
    written_ += count;
    if (written_ - started_ < step) return;
    fs_.start_writeback(file, started_, written_ - started_);
    if (cache_ == PageCache::drop && started_ > on_their_way) {
        const std::uint64_t end = started_ - on_their_way;
        fs_.drop_cached(file, dropped_, end - dropped_);
        dropped_ = end;
    }
    started_ = written_;
}

bool SettlingFiles::worth(std::uint64_t size) {
    return size >= worth_settling;
}

void SettlingFiles::add(Fd file, std::uint64_t size) {
    bytes_ += size;
    fs_.start_writeback(file.get(), 0, size);
    files_.push_back({std::move(file), bytes_});
    while (files_.front().end + on_their_way < bytes_ || files_.size() > most_settling) {
        settle_oldest();
    }
}

void SettlingFiles::finish() {
    while (!files_.empty()) settle_oldest();
}

void SettlingFiles::settle_oldest() {
    Fd file = std::move(files_.front().fd);
    files_.pop_front();
    fs_.sync(file.get());
    fs_.drop_cached(file.get(), 0, 0);
    fs_.close(std::move(file));
}

}  // namespace tsb

// Keeps what strangers cause from filling the log: so many lines in a window of time, the others
// are counted. Reads no clock and writes no line.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace tsb {

/// Thread: one.
class LogLimit {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    LogLimit(std::size_t lines, std::chrono::steady_clock::duration window)
        : lines_(lines), window_(window) {}

    /// Whether a line may be written at `now`; otherwise it is counted.
    bool admits(TimePoint now) {
        if (is_over(now)) {
            begin_ = now;
            written_ = 0;
        }
        if (written_ == lines_) {
            ++unwritten_;
            return false;
        }
        ++written_;
        return true;
    }

    /// Lines that were not written, once the window is over in which that was; each is told once.
    /// TimePoint::max() takes any window for over.
    std::size_t take_unwritten(TimePoint now) {
        return is_over(now) ? std::exchange(unwritten_, 0) : 0;
    }

private:
    bool is_over(TimePoint now) const { return !begin_ || now - *begin_ >= window_; }

    const std::size_t lines_;
    const std::chrono::steady_clock::duration window_;
    std::optional<TimePoint> begin_;  // of the window, with its first line
    std::size_t written_ = 0;         // in the window
    std::size_t unwritten_ = 0;
};

}  // namespace tsb

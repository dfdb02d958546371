// One line of progress as a person reads it. Pure: time and width come from the caller.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

#include "daemon/wire.hpp"

namespace tsb {

/// Bytes a second over the last few seconds, so that a pause or a burst shows soon and an old one
/// is forgotten.
class RateWindow {
public:
    using Time = std::chrono::steady_clock::time_point;
    void add(Time now, std::uint64_t bytes_done);
    /// 0 while unknown.
    std::uint64_t bytes_per_second() const;

private:
    struct Sample {
        Time time;
        std::uint64_t bytes;
    };
    std::deque<Sample> samples_;
};

/// "Backing up: 42% (1234/2900 MB) 310 MB/s ETA 0:06"; without a total no percent and no ETA;
/// outside of the copying phases "Backing up: waiting for checkpoint".
std::string progress_text(const ProgressEvent& event, std::uint64_t bytes_per_second);

/// At most `width` columns of `text`, cut at the end.
std::string cut_to_width(std::string text, std::size_t width);

}  // namespace tsb

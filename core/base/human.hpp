// Sizes, durations and counts as people read and write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tsb {

/// "10.2GB", "312MB", "8KB", "17B": 1024-based, with one decimal from GB up.
std::string human_size(std::uint64_t bytes);
/// "0:06", "12:40", "1:02:03".
std::string human_clock(std::chrono::seconds duration);
/// "40 s", "1 h 30 min", "24 h", "2 d 3 h": the two greatest units, hours up to two days.
std::string human_duration(std::chrono::seconds duration);
/// "just now", "5 h ago", "3 d ago".
std::string human_age(std::chrono::seconds age);
/// Parses "64MB", "1.5 GB", "512kB", "100": bytes; units B, kB, MB, GB, TB (1024-based, any case).
std::optional<std::uint64_t> parse_size(std::string_view text);
/// Parses "90s", "5m", "6h", "3d", "2w": seconds; nothing above 100 years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace tsb

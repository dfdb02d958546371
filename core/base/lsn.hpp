// Log sequence numbers and WAL segment arithmetic, as in PostgreSQL's xlog_internal.h.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tsb {

using Timeline = std::uint32_t;

struct Lsn {
    std::uint64_t value = 0;
    constexpr auto operator<=>(const Lsn&) const = default;
};

/// "16/B374D848", as PostgreSQL prints it.
std::string to_string(Lsn lsn);
/// The inverse; nothing when malformed.
std::optional<Lsn> parse_lsn(std::string_view text);

/// First byte of the segment that holds `lsn`; `segment_size` is a power of two.
constexpr Lsn segment_start(Lsn lsn, std::uint64_t segment_size) {
    return {lsn.value & ~(segment_size - 1)};
}
/// 24 hexadecimal digits: timeline and the segment that holds `lsn`.
std::string wal_segment_name(Timeline timeline, Lsn lsn, std::uint64_t segment_size);
/// "00000002.history"
std::string timeline_history_name(Timeline timeline);
/// True for the sizes PostgreSQL allows: a power of two from 1 MiB to 1 GiB.
bool valid_segment_size(std::uint64_t size);

}  // namespace tsb

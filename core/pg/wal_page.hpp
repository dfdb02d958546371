// One page of WAL: its header, and whether it ends with the record that closes a segment early.
// Source: xlog_internal.h, xlogrecord.h and pg_control.h (XLOG_SWITCH) of PostgreSQL 13 to 18.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/lsn.hpp"

namespace tsb {

constexpr std::size_t wal_page_size = 8192;
/// Bytes of a record that starts on one page which may be needed to know it on the next.
constexpr std::size_t wal_record_rest = 16;

struct WalPageHeader {
    std::uint16_t magic = 0;
    Timeline timeline = 0;
    Lsn address;
    std::uint32_t continued = 0;  // bytes of a record begun on an earlier page
    bool is_long = false;
    // What a long header, that of a segment's first page, says besides.
    std::uint64_t system_identifier = 0;
    std::uint32_t segment_size = 0;
    std::uint32_t page_size = 0;
};

/// Bytes before the first record or the rest of one.
inline std::size_t wal_page_header_size(const WalPageHeader& header) {
    return header.is_long ? 40 : 24;
}

/// `page` has wal_page_size bytes. Thread: any.
WalPageHeader parse_wal_page_header(Bytes page);
/// True when the last bytes of `page` that are not zero are a sound XLOG_SWITCH record: what
/// follows in its segment is zero. `before` are the last wal_record_rest bytes of the page before,
/// where the record may have begun. Thread: any.
bool ends_with_switch(Bytes page, Bytes before);

}  // namespace tsb

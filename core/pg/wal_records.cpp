#include "core/pg/wal_records.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace tsb {
namespace {

constexpr std::size_t alignment = 8;
constexpr std::size_t header_size = 24;
constexpr std::size_t info_offset = 16;
constexpr std::uint8_t tablespace_manager = 5;  // RM_TBLSPC_ID
constexpr std::uint8_t info_mask = 0xF0;        // the rest is the inserter's flags
constexpr std::uint8_t create_info = 0x00;      // XLOG_TBLSPC_CREATE
// Headers of the record's data, and a path of at most MAXPGPATH bytes.
constexpr std::size_t longest_creation = 2048;
constexpr std::size_t longest_location = 1024;
constexpr std::size_t most_tablespaces = 1000;

std::uint64_t aligned(std::uint64_t size) {
    return (size + alignment - 1) / alignment * alignment;
}

bool is_creation(Bytes record) {
    const auto info = std::to_integer<std::uint8_t>(record[info_offset]);
    const auto manager = std::to_integer<std::uint8_t>(record[info_offset + 1]);
    return manager == tablespace_manager && (info & info_mask) == create_info;
}

/// Steps over what may stand before the record's own data.
void skip_data_header(ByteReader& reader) {
    constexpr std::uint8_t short_data = 255;
    constexpr std::uint8_t long_data = 254;
    constexpr std::uint8_t origin = 253;
    constexpr std::uint8_t top_level_transaction = 252;
    for (;;) {
        switch (reader.u8()) {
            case short_data:
                reader.u8();
                return;
            case long_data:
                reader.u32_le();
                return;
            case origin:
                reader.take(2);
                break;
            case top_level_transaction:
                reader.take(4);
                break;
            default:
                throw Error(ErrorCode::protocol, "a tablespace record with blocks");
        }
    }
}

}  // namespace

void WalRecordWalk::page(const WalPageHeader& header, Bytes page) {
    const std::size_t begin = wal_page_header_size(header);
    // A record whose rest was never written is given up by what the page says.
    const std::uint64_t awaited = want_ > 0 ? aligned(length_) - collected_.size() : skip_;
    if (follow_page_ || awaited != aligned(header.continued)) {
        skip_ = aligned(header.continued);
        want_ = 0;
        follow_page_ = false;
    }
    std::size_t at = begin;
    while (at < page.size() && !follow_page_) {
        const Bytes rest = page.subspan(at);
        if (skip_ > 0) {
            const auto count = std::min<std::uint64_t>(skip_, rest.size());
            skip_ -= count;
            at += count;
        } else if (want_ == 0) {
            at += begin_record({header.address.value + at}, rest);
        } else {
            at += collect(rest);
        }
    }
}

/// Positions of records are aligned, so that a length never continues on the next page.
std::size_t WalRecordWalk::begin_record(Lsn at, Bytes rest) {
    length_ = ByteReader(rest).u32_le();
    if (length_ < header_size) {
        follow_page_ = true;  // the end of WAL, or of what is used of the segment
        return rest.size();
    }
    record_at_ = at;
    collected_.clear();
    want_ = header_size;
    return 0;
}

std::size_t WalRecordWalk::collect(Bytes rest) {
    const auto count = std::min<std::uint64_t>(want_ - collected_.size(), rest.size());
    collected_.insert(collected_.end(), rest.begin(),
                      rest.begin() + static_cast<std::ptrdiff_t>(count));
    if (collected_.size() < want_) return count;
    if (want_ == header_size && is_creation(collected_) && length_ > header_size) {
        want_ = std::min<std::uint64_t>(length_, longest_creation);
        return count;
    }
    if (is_creation(collected_)) finish_record();
    skip_ = aligned(length_) - want_;
    want_ = 0;
    return count;
}

void WalRecordWalk::finish_record() {
    if (tablespaces_.size() == most_tablespaces) return;
    try {
        ByteReader reader(Bytes(collected_).subspan(header_size));
        skip_data_header(reader);
        TablespaceCreation creation;
        creation.at = record_at_;
        creation.oid = reader.u32_le();
        creation.location = reader.c_string(longest_location);
        tablespaces_.push_back(std::move(creation));
    } catch (const Error&) {
        // Not a record of that kind after all: damaged WAL is for others to find.
    }
}

}  // namespace tsb

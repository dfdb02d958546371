#include "core/pg/wal_page.hpp"

#include <algorithm>
#include <array>

#include "core/io/digest.hpp"

namespace tsb {
namespace {

constexpr std::uint16_t long_header_flag = 0x0002;
constexpr std::size_t record_alignment = 8;
constexpr std::size_t switch_record_size = 24;  // a record's header without any data
constexpr std::uint8_t switch_info = 0x40;
constexpr std::uint8_t switch_info_mask = 0xF0;  // the rest is the inserter's flags
constexpr std::uint8_t switch_manager = 0;       // RM_XLOG_ID

using SwitchRecord = std::array<std::byte, switch_record_size>;
static_assert(wal_record_rest == switch_record_size - record_alignment);

bool is_switch(const SwitchRecord& record) {
    ByteReader reader(record);
    const std::uint32_t length = reader.u32_le();
    reader.take(4 + 8);  // transaction, position of the record before
    const std::uint8_t info = reader.u8();
    const std::uint8_t manager = reader.u8();
    reader.take(2);  // padding
    const std::uint32_t crc = reader.u32_le();
    return length == switch_record_size && (info & switch_info_mask) == switch_info &&
           manager == switch_manager && crc == crc32c(Bytes(record).first(switch_record_size - 4));
}

}  // namespace

WalPageHeader parse_wal_page_header(Bytes page) {
    ByteReader reader(page);
    WalPageHeader header;
    header.magic = reader.u16_le();
    header.is_long = (reader.u16_le() & long_header_flag) != 0;
    header.timeline = reader.u32_le();
    header.address = {reader.u64_le()};
    header.continued = reader.u32_le();
    reader.take(4);  // padding
    if (header.is_long) {
        header.system_identifier = reader.u64_le();
        header.segment_size = reader.u32_le();
        header.page_size = reader.u32_le();
    }
    return header;
}

bool ends_with_switch(Bytes page, Bytes before) {
    const WalPageHeader header = parse_wal_page_header(page);
    if (header.magic == 0) return false;
    const auto last =
        std::find_if(page.rbegin(), page.rend(), [](std::byte b) { return b != std::byte{0}; });
    const auto used = static_cast<std::size_t>(page.rend() - last);
    // The record ends with its CRC, of which the last bytes may be zero.
    const std::size_t end = (used + record_alignment - 1) / record_alignment * record_alignment;
    const std::size_t header_size = wal_page_header_size(header);
    if (end <= header_size) return false;

    const std::size_t here = std::min(end - header_size, switch_record_size);
    SwitchRecord record;
    const auto middle =
        std::ranges::copy(before.last(switch_record_size - here), record.begin()).out;
    std::ranges::copy(page.subspan(end - here, here), middle);
    return is_switch(record);
}

}  // namespace tsb

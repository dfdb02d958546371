#include "core/pg/pg_control.hpp"

#include <algorithm>
#include <array>

#include "core/base/error.hpp"
#include "core/io/digest.hpp"

namespace tsb {
namespace {

constexpr std::size_t checkpoint_offset = 32;
constexpr std::size_t min_recovery_point_offset = 136;
// No WAL record can be here: it lies inside the first segment, which PostgreSQL never uses.
constexpr Lsn invalid_checkpoint{0xDEAD};

struct Layout {
    std::uint32_t control_version;
    std::size_t crc_offset;
};

// Only exact layouts: where the CRC lies elsewhere (a 32-bit server), so does the checkpoint, and
// writing it to the wrong place would leave a cluster that starts without its label.
constexpr std::array layouts{
    Layout{1300, 288},
    Layout{1700, 288},
    Layout{1800, 292},
};

[[noreturn]] void fail(ErrorCode code, const std::string& cause) {
    throw Error(code, "cannot read 'global/pg_control': " + cause);
}

std::size_t crc_offset_of(std::uint32_t control_version) {
    const auto layout = std::ranges::find(layouts, control_version, &Layout::control_version);
    if (layout == layouts.end()) {
        fail(ErrorCode::version_mismatch, "control version " + std::to_string(control_version) +
                                              " is not one of PostgreSQL 13 to 18");
    }
    return layout->crc_offset;
}

template <typename Integer>
void write_le(std::vector<std::byte>& file, std::size_t offset, Integer value) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        file[offset + i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
    }
}

}  // namespace

PgControl parse_pg_control(Bytes file) {
    if (file.size() < checkpoint_offset + sizeof(std::uint64_t)) {
        fail(ErrorCode::damaged, "only " + std::to_string(file.size()) + " bytes");
    }
    ByteReader reader(file);
    PgControl control;
    control.system_identifier = reader.u64_le();
    control.control_version = reader.u32_le();
    control.catalog_version = reader.u32_le();
    control.checkpoint = {ByteReader(file.subspan(checkpoint_offset)).u64_le()};

    const std::size_t crc_offset = crc_offset_of(control.control_version);
    if (file.size() < crc_offset + sizeof(std::uint32_t)) {
        fail(ErrorCode::damaged, "only " + std::to_string(file.size()) + " bytes");
    }
    const std::uint32_t stored = ByteReader(file.subspan(crc_offset)).u32_le();
    if (stored != crc32c(file.first(crc_offset))) {
        fail(ErrorCode::damaged, "its checksum does not match");
    }
    control.min_recovery_point = {ByteReader(file.subspan(min_recovery_point_offset)).u64_le()};
    return control;
}

void invalidate_checkpoint(std::vector<std::byte>& file) {
    const std::size_t crc_offset = crc_offset_of(parse_pg_control(file).control_version);
    write_le(file, checkpoint_offset, invalid_checkpoint.value);
    write_le(file, crc_offset, crc32c(Bytes(file).first(crc_offset)));
}

}  // namespace tsb

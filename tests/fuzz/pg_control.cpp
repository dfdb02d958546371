// parse_pg_control over any bytes, as they are and with a right checksum. What is accepted can be
// invalidated, and then differs in its checkpoint and its checksum alone.
#include <algorithm>

#include "core/io/digest.hpp"
#include "core/pg/pg_control.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {
namespace {

constexpr std::size_t checkpoint_offset = 32;
constexpr std::uint64_t invalid_checkpoint = 0xDEAD;
constexpr std::initializer_list<ErrorCode> kinds{ErrorCode::damaged, ErrorCode::version_mismatch};

using File = std::vector<std::byte>;

template <typename Integer>
void put(File& file, std::size_t offset, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        file[offset + i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
    }
}

File file_of(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

std::string control_file(std::uint32_t version, std::size_t crc_offset) {
    File file(512);
    put<std::uint64_t>(file, 0, 7300000000000000001);
    put<std::uint32_t>(file, 8, version);
    put<std::uint32_t>(file, 12, 202209061);
    put<std::uint64_t>(file, checkpoint_offset, 0x3000060);
    put<std::uint32_t>(file, crc_offset, crc32c(Bytes(file).first(crc_offset)));
    return std::string(as_text(file));
}

void check_file(File file) {
    PgControl before;
    if (!accepts(kinds, [&] { before = parse_pg_control(file); })) return;
    File after = file;
    invalidate_checkpoint(after);
    const PgControl parsed = parse_pg_control(after);
    require(parsed.checkpoint.value == invalid_checkpoint, "the checkpoint is invalid now");
    require(parsed.system_identifier == before.system_identifier &&
                parsed.control_version == before.control_version &&
                parsed.catalog_version == before.catalog_version,
            "the rest is as it was");
    require(after.size() == file.size(), "the size is as it was");
    const std::size_t crc_offset = before.control_version == 1800 ? 292 : 288;
    for (std::size_t i = 0; i < file.size(); ++i) {
        const bool may_differ = (i >= checkpoint_offset && i < checkpoint_offset + 8) ||
                                (i >= crc_offset && i < crc_offset + 4);
        require(may_differ || after[i] == file[i], "no other byte is touched");
    }
}

}  // namespace

std::vector<std::string> seeds() {
    return {control_file(1300, 288), control_file(1700, 288), control_file(1800, 292),
            control_file(1201, 288), control_file(1300, 284)};
}

void try_input(std::string_view input) {
    check_file(file_of(input));
    for (const std::size_t crc_offset : {288U, 292U}) {
        File sealed = file_of(input);
        if (sealed.size() < crc_offset + 4) continue;
        put<std::uint32_t>(sealed, crc_offset, crc32c(Bytes(sealed).first(crc_offset)));
        check_file(sealed);
    }
}

}  // namespace tsb::fuzz

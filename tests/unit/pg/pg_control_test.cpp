#include "core/pg/pg_control.hpp"

#include "core/base/error.hpp"
#include "core/io/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/pg/put_le.hpp"

using namespace tsb;
using tsb::test::put_le;

namespace {

constexpr std::size_t file_size = 8192;

/// A control file of `version` with a right CRC at `crc_offset`.
std::vector<std::byte> control_file(std::uint32_t version, std::size_t crc_offset) {
    std::vector<std::byte> file(file_size);
    for (std::size_t i = 0; i < crc_offset; ++i) file[i] = static_cast<std::byte>(i * 7);
    put_le(file, 0, 7711182081623592221U, 8);
    put_le(file, 8, version, 4);
    put_le(file, 12, 202209061, 4);
    put_le(file, 32, 0x160002000060U, 8);
    put_le(file, 136, 0x160003000148U, 8);
    put_le(file, crc_offset, crc32c(Bytes(file).first(crc_offset)), 4);
    return file;
}

struct Known {
    std::uint32_t version;
    std::size_t crc_offset;
};
const std::vector<Known> known{{1300, 288}, {1700, 288}, {1800, 292}};

ErrorCode refusal(Bytes file) {
    try {
        parse_pg_control(file);
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("a control file of every known version is read") {
    for (const Known& each : known) {
        const PgControl control = parse_pg_control(control_file(each.version, each.crc_offset));
        CHECK(control.system_identifier == 7711182081623592221U);
        CHECK(control.control_version == each.version);
        CHECK(control.catalog_version == 202209061);
        CHECK(to_string(control.checkpoint) == "1600/2000060");
        CHECK(to_string(control.min_recovery_point) == "1600/3000148");
    }
}

TEST_CASE("invalidating changes the checkpoint and the CRC and nothing else") {
    for (const Known& each : known) {
        const auto before = control_file(each.version, each.crc_offset);
        auto after = before;
        invalidate_checkpoint(after);
        CHECK(parse_pg_control(after).checkpoint == Lsn{0xDEAD});
        REQUIRE(after.size() == before.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            const bool meant = (i >= 32 && i < 40) || (i / 4 == each.crc_offset / 4);
            if (!meant) REQUIRE(after[i] == before[i]);
        }
        auto again = after;
        invalidate_checkpoint(again);
        CHECK(again == after);
    }
}

TEST_CASE("a control file with any changed bit is refused and left as it is") {
    for (const Known& each : known) {
        auto file = control_file(each.version, each.crc_offset);
        for (std::size_t bit = 0; bit < (each.crc_offset + 4) * 8; ++bit) {
            const auto flip = std::byte{1} << bit % 8;
            file[bit / 8] ^= flip;
            const bool version_bit = bit / 32 == 2;
            const auto expected = version_bit ? ErrorCode::version_mismatch : ErrorCode::damaged;
            if (refusal(file) != expected) FAIL("bit " << bit << " of " << each.version);
            const auto before = file;
            CHECK_THROWS_AS(invalidate_checkpoint(file), Error);
            REQUIRE(file == before);
            file[bit / 8] ^= flip;
        }
    }
}

TEST_CASE("a control file cut before the end of its CRC is refused") {
    const auto file = control_file(1300, 288);
    for (std::size_t size = 0; size < 292; ++size) {
        if (refusal(Bytes(file).first(size)) != ErrorCode::damaged) FAIL("size " << size);
    }
    CHECK(parse_pg_control(Bytes(file).first(292)).control_version == 1300);
}

TEST_CASE("a layout that is not exactly known is refused") {
    CHECK(refusal(control_file(1201, 288)) == ErrorCode::version_mismatch);
    CHECK(refusal(control_file(1900, 288)) == ErrorCode::version_mismatch);
    // As a 32-bit server writes it: right CRC, but elsewhere.
    CHECK(refusal(control_file(1300, 276)) == ErrorCode::damaged);
}

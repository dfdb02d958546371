#include "core/pg/wal_check.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/io/digest.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/pg/put_le.hpp"

using namespace tsb;
using tsb::test::put_le;

namespace {

constexpr std::uint64_t segment_size = 1 << 20;
constexpr std::uint64_t page_size = 8192;
constexpr std::uint64_t system_identifier = 7711182081623592221U;

/// A sound segment of PostgreSQL 15 that begins at `start`, with pages up to `end` written.
std::vector<std::byte> segment(Timeline timeline, Lsn start, Lsn end,
                               std::uint64_t magic = 0xD110) {
    std::vector<std::byte> file(segment_size);
    for (std::size_t page = 0; page < segment_size && start.value + page < end.value;
         page += page_size) {
        put_le(file, page, magic, 2);
        put_le(file, page + 2, page == 0 ? 2 : 0, 2);
        put_le(file, page + 4, timeline, 4);
        put_le(file, page + 8, start.value + page, 8);
        std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(page) + 24, 1000, std::byte{0xA5});
    }
    put_le(file, 24, system_identifier, 8);
    put_le(file, 32, segment_size, 4);
    put_le(file, 36, page_size, 4);
    return file;
}

/// The record that closes a segment early.
std::vector<std::byte> switch_record(std::uint64_t length = 24, std::uint64_t info = 0x40,
                                     std::uint64_t manager = 0) {
    std::vector<std::byte> record(24);
    put_le(record, 0, length, 4);
    put_le(record, 4, 731, 4);
    put_le(record, 8, 0x2000028, 8);
    put_le(record, 16, info, 1);
    put_le(record, 17, manager, 1);
    put_le(record, 20, crc32c(Bytes(record).first(20)), 4);
    return record;
}

/// Ends `file` at `position` with `record`, which goes on after the header of the next page where
/// it does not fit, and zeros.
void end_with(std::vector<std::byte>& file, std::size_t position,
              const std::vector<std::byte>& record) {
    for (std::byte b : record) {
        if (position % page_size == 0) position += 24;
        file[position++] = b;
    }
    const auto rest = file.begin() + static_cast<std::ptrdiff_t>(position);
    const std::size_t page_end = (position + page_size - 1) / page_size * page_size;
    std::fill(rest, file.begin() + static_cast<std::ptrdiff_t>(page_end), std::byte{0});
    std::fill(file.begin() + static_cast<std::ptrdiff_t>(page_end), file.end(), std::byte{0});
}

void feed(WalCheck& check, const std::string& path, Bytes file, std::size_t step = 65536) {
    TarMember member;
    member.path = path;
    member.size = file.size();
    check.begin(member);
    for (; !file.empty(); file = file.subspan(std::min(step, file.size()))) {
        check.data(file.first(std::min(step, file.size())));
    }
    check.end();
}

using Lines = std::vector<std::string>;

// Three segments of timeline 3; the range begins in the first and ends in the third.
constexpr Timeline our_timeline = 3;
constexpr Lsn first_segment{0x1'FFF0'0000};
constexpr Lsn second_segment{first_segment.value + segment_size};
constexpr Lsn third_segment{second_segment.value + segment_size};
const WalRange range{our_timeline, {first_segment.value + 0x6028}, {third_segment.value + 0x4100}};
const std::string first_name = wal_segment_name(our_timeline, first_segment, segment_size);
const std::string second_name = wal_segment_name(our_timeline, second_segment, segment_size);
const std::string third_name = wal_segment_name(our_timeline, third_segment, segment_size);

/// The three segments as they should be, for a test to damage.
struct Wal {
    std::vector<std::byte> a = segment(our_timeline, first_segment, second_segment);
    std::vector<std::byte> b = segment(our_timeline, second_segment, third_segment);
    std::vector<std::byte> c = segment(our_timeline, third_segment, range.end);

    Lines problems(std::size_t step = 65536) const {
        WalCheck check(15, system_identifier, segment_size);
        feed(check, first_name, a, step);
        feed(check, second_name, b, step);
        feed(check, third_name, c, step);
        return check.problems({range});
    }
};

/// The problems of the second segment alone, all of it being in the range.
Lines second_problems(Bytes file) {
    WalCheck check(15, system_identifier, segment_size);
    feed(check, second_name, file);
    return check.problems({{our_timeline, second_segment, third_segment}});
}

/// The one problem that is expected of `name`, on the page at `position`.
Lines page_problem(const std::string& name, Lsn position, const std::string& what) {
    return {"WAL segment '" + name + "': page at " + to_string(position) + " " + what};
}

}  // namespace

TEST_CASE("sound WAL has no problems, whatever the runs it comes in") {
    const Wal wal;
    for (std::size_t step : {1U, 23U, 41U, 8191U, 8193U, 1U << 21})
        CHECK(wal.problems(step) == Lines{});
}

TEST_CASE("each PostgreSQL version has its own page magic") {
    const std::vector<std::pair<int, std::uint64_t>> magics{
        {13, 0xD106}, {14, 0xD10D}, {15, 0xD110}, {16, 0xD113}, {17, 0xD116}, {18, 0xD118}};
    const WalRange one{our_timeline, second_segment, third_segment};
    for (const auto& [major, magic] : magics) {
        for (const auto& [other, unused] : magics) {
            WalCheck check(other, system_identifier, segment_size);
            feed(check, second_name, segment(our_timeline, second_segment, third_segment, magic));
            CHECK(check.problems({one}).empty() == (major == other));
        }
    }
    CHECK_THROWS_AS(WalCheck(12, system_identifier, segment_size), Error);
    CHECK_THROWS_AS(WalCheck(19, system_identifier, segment_size), Error);
}

TEST_CASE("a segment size that PostgreSQL does not allow is refused") {
    for (std::uint64_t size : {0U, 3U << 20, 1U << 19, 1U << 31}) {
        CHECK_THROWS_AS(WalCheck(15, system_identifier, size), Error);
    }
}

TEST_CASE("each field of a page header is checked") {
    Wal wal;
    const std::size_t page = 5 * page_size;
    const Lsn position{second_segment.value + page};
    SECTION("magic") {
        put_le(wal.b, page, 0xD113, 2);
        CHECK(wal.problems() ==
              page_problem(second_name, position, "was not written by PostgreSQL 15"));
    }
    SECTION("address") {
        put_le(wal.b, page + 8, position.value - segment_size, 8);
        CHECK(wal.problems() == page_problem(second_name, position, "belongs to another position"));
    }
    SECTION("timeline zero") {
        put_le(wal.b, page + 4, 0, 4);
        CHECK(wal.problems() == page_problem(second_name, position, "belongs to another timeline"));
    }
    SECTION("later timeline") {
        put_le(wal.b, page + 4, our_timeline + 1, 4);
        CHECK(wal.problems() == page_problem(second_name, position, "belongs to another timeline"));
    }
    SECTION("an earlier timeline is what a switch leaves behind") {
        put_le(wal.b, page + 4, our_timeline - 1, 4);
        CHECK(wal.problems() == Lines{});
    }
    SECTION("a page of zeros") {
        std::fill_n(wal.b.begin() + static_cast<std::ptrdiff_t>(page), page_size, std::byte{0});
        CHECK(wal.problems() == page_problem(second_name, position, "is empty"));
    }
    SECTION("the first of several is told") {
        put_le(wal.b, page, 0, 2);
        put_le(wal.b, page + page_size, 0, 2);
        put_le(wal.b, page + 3 * page_size, 1, 2);
        CHECK(wal.problems() == page_problem(second_name, position, "is empty"));
    }
}

TEST_CASE("zeros after a switch record are sound, wherever on its page the record ends") {
    const auto whole = segment(our_timeline, second_segment, third_segment);
    for (std::size_t page : {5U, 6U}) {
        for (std::size_t offset = 24; offset < page_size; offset += offset == 64 ? 8064 : 8) {
            auto file = whole;
            end_with(file, page * page_size + offset, switch_record());
            if (second_problems(file) != Lines{}) FAIL("record at " << offset);
        }
    }
}

TEST_CASE("zeros after anything else than a switch record are a hole") {
    const auto whole = segment(our_timeline, second_segment, third_segment);
    for (std::size_t bit = 0; bit < 24 * 8; ++bit) {
        auto damaged = switch_record();
        damaged[bit / 8] ^= std::byte{1} << bit % 8;
        auto file = whole;
        end_with(file, 5 * page_size + 640, damaged);
        if (second_problems(file) !=
            page_problem(second_name, {second_segment.value + 6 * page_size}, "is empty")) {
            FAIL("bit " << bit);
        }
    }
}

TEST_CASE("zeros after a sound record of another kind are a hole") {
    const auto whole = segment(our_timeline, second_segment, third_segment);
    const auto problems_after = [&](const std::vector<std::byte>& record) {
        auto file = whole;
        end_with(file, 5 * page_size + 640, record);
        return second_problems(file).size();
    };
    CHECK(problems_after(switch_record(24, 0x41)) == 0);  // low bits are the inserter's
    CHECK(problems_after(switch_record(24, 0x50)) == 1);
    CHECK(problems_after(switch_record(24, 0x40, 1)) == 1);
    CHECK(problems_after(switch_record(32)) == 1);
}

TEST_CASE("a switch record excuses zeros in its own segment only") {
    Wal wal;
    SECTION("it ends its segment's last page") {
        end_with(wal.b, segment_size - 24, switch_record());
        std::fill(wal.c.begin(), wal.c.end(), std::byte{0});
        CHECK(wal.problems() == page_problem(third_name, third_segment, "is empty"));
    }
    SECTION("zeros follow it") {
        end_with(wal.b, 5 * page_size + 640, switch_record());
        std::fill(wal.c.begin() + page_size, wal.c.end(), std::byte{0});
        CHECK(wal.problems() ==
              page_problem(third_name, {third_segment.value + page_size}, "is empty"));
    }
}

TEST_CASE("the first page of a segment says where it comes from") {
    Wal wal;
    SECTION("no long header") {
        put_le(wal.b, 2, 0, 2);
        CHECK(wal.problems() == page_problem(second_name, second_segment,
                                             "lacks the header of a segment's first page"));
    }
    SECTION("another cluster") {
        put_le(wal.b, 24, system_identifier + 1, 8);
        CHECK(wal.problems() ==
              page_problem(second_name, second_segment, "was written by another cluster"));
    }
    SECTION("another segment size") {
        put_le(wal.b, 32, segment_size * 16, 4);
        CHECK(wal.problems() ==
              page_problem(second_name, second_segment, "states another segment or page size"));
    }
    SECTION("another page size") {
        put_le(wal.b, 36, 16384, 4);
        CHECK(wal.problems() ==
              page_problem(second_name, second_segment, "states another segment or page size"));
    }
    SECTION("also where the range begins later, since recovery opens a segment by it") {
        put_le(wal.a, 24, system_identifier + 1, 8);
        CHECK(wal.problems() ==
              page_problem(first_name, first_segment, "was written by another cluster"));
    }
}

TEST_CASE("pages outside the range are not looked at, those at its edges are") {
    Wal wal;
    // The range begins in page 3 of the first segment and ends in page 2 of the third.
    put_le(wal.a, 2 * page_size, 0xFFFF, 2);
    put_le(wal.c, 3 * page_size, 0xFFFF, 2);
    CHECK(wal.problems() == Lines{});
    put_le(wal.c, 2 * page_size, 0xFFFF, 2);
    CHECK(wal.problems() == page_problem(third_name, {third_segment.value + 2 * page_size},
                                         "was not written by PostgreSQL 15"));
    wal = Wal();
    put_le(wal.a, 3 * page_size, 0xFFFF, 2);
    CHECK(wal.problems().size() == 1);
}

TEST_CASE("a range ends before the page at its end, and faults on both sides are not joined") {
    auto file = segment(our_timeline, second_segment, third_segment);
    put_le(file, page_size, 0xFFFF, 2);
    put_le(file, 6 * page_size, 0xFFFF, 2);
    WalCheck check(15, system_identifier, segment_size);
    feed(check, second_name, file);
    const Lsn start{second_segment.value + 2 * page_size};
    const Lsn end{second_segment.value + 6 * page_size};
    CHECK(check.problems({{our_timeline, start, end}}) == Lines{});
    CHECK(check.problems({{our_timeline, start, {end.value + 1}}}).size() == 1);
    CHECK(check.problems({{our_timeline, {start.value - 1}, end}}).size() == 1);
}

TEST_CASE("a range that ends where a segment begins does not need that segment") {
    WalCheck check(15, system_identifier, segment_size);
    feed(check, second_name, segment(our_timeline, second_segment, third_segment));
    CHECK(check.problems({{our_timeline, second_segment, third_segment}}) == Lines{});
    CHECK(check.problems({{our_timeline, second_segment, {third_segment.value + 1}}}) ==
          Lines{"WAL segment '" + third_name + "' is missing"});
    CHECK(check.problems({{our_timeline, third_segment, third_segment}}) == Lines{});
}

TEST_CASE("a segment of another timeline does not stand in for the right one") {
    WalCheck check(15, system_identifier, segment_size);
    feed(check, second_name, segment(our_timeline, second_segment, third_segment));
    CHECK(check.problems({{our_timeline + 1, second_segment, third_segment}}).size() == 1);
}

TEST_CASE("a missing segment is named, and a forged range does not run away") {
    const WalCheck check(15, system_identifier, segment_size);
    const Lines lines = check.problems({range});
    REQUIRE(lines.size() == 3);
    CHECK(lines[1] == "WAL segment '" + second_name + "' is missing");
    CHECK(check.problems({{1, {0}, {~std::uint64_t{0}}}}).size() == 100);
    CHECK(check.problems({{1, {~std::uint64_t{0} - 5}, {~std::uint64_t{0}}}}).size() == 1);
}

TEST_CASE("a segment of the wrong size is a problem, in a range or not") {
    Wal wal;
    wal.b.pop_back();
    CHECK(wal.problems() ==
          Lines{"WAL segment '" + second_name + "' has 1048575 bytes instead of 1048576"});
    wal.b.resize(segment_size + page_size);
    CHECK(wal.problems().size() == 1);
    WalCheck check(15, system_identifier, segment_size);
    feed(check, second_name, {});
    CHECK(check.problems({}).size() == 1);
}

TEST_CASE("a segment that is there twice is a problem") {
    WalCheck check(15, system_identifier, segment_size);
    const auto file = segment(our_timeline, second_segment, third_segment);
    feed(check, second_name, file);
    feed(check, second_name, file);
    CHECK(check.problems({}) == Lines{"WAL segment '" + second_name + "' is there twice"});
}

TEST_CASE("a name that no segment of this size has is a problem") {
    for (const std::string name : {"000000010000000000001000", "0000000a0000000000000001"}) {
        WalCheck check(15, system_identifier, segment_size);
        feed(check, name, segment(1, {0}, {0}));
        CHECK(check.problems({}).size() == 1);
    }
}

TEST_CASE("what is no segment is passed over") {
    WalCheck check(15, system_identifier, segment_size);
    feed(check, "00000003.history", as_bytes("1\t0/3000000\tno recovery target specified\n"));
    feed(check, "archive_status/" + second_name + ".done", {});
    feed(check, second_name + ".partial", segment(our_timeline, second_segment, third_segment));
    TarMember directory;
    directory.path = second_name;
    directory.kind = FileKind::directory;
    check.begin(directory);
    check.end();
    CHECK(check.segments() == 0);
    CHECK(check.problems({}) == Lines{});
    CHECK(check.problems({{our_timeline, second_segment, third_segment}}).size() == 1);
}

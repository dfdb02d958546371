// WalCheck on one segment with changed bytes: it finds every change of a page's header that
// matters, and nothing else.
#include <algorithm>
#include <cstring>

#include "core/base/bytes.hpp"
#include "core/pg/wal_check.hpp"
#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {
namespace {

constexpr std::uint64_t segment_size = 1 << 20;
constexpr std::uint64_t identifier = 7300000000000000001;
constexpr Timeline timeline = 3;
constexpr Lsn start{0x2000000};
constexpr std::uint16_t magic = 0xD110;  // PostgreSQL 15
constexpr std::size_t long_header_size = 40;

template <typename Integer>
void put(std::string& text, std::size_t offset, Integer value) {
    std::memcpy(text.data() + offset, &value, sizeof value);
}

template <typename Integer>
Integer get(const std::string& text, std::size_t offset) {
    Integer value;
    std::memcpy(&value, text.data() + offset, sizeof value);
    return value;
}

std::string sound_segment() {
    std::string wal(segment_size, 'r');
    for (std::size_t at = 0; at < segment_size; at += wal_page_size) {
        put<std::uint16_t>(wal, at, magic);
        put<std::uint16_t>(wal, at + 2, at == 0 ? 2 : 0);
        put<std::uint32_t>(wal, at + 4, timeline);
        put<std::uint64_t>(wal, at + 8, start.value + at);
    }
    put<std::uint64_t>(wal, 24, identifier);
    put<std::uint32_t>(wal, 32, segment_size);
    put<std::uint32_t>(wal, 36, wal_page_size);
    return wal;
}

/// Whether the page is what the documentation of PostgreSQL says, told without WalCheck.
bool sound_page(const std::string& wal, std::size_t page) {
    const std::size_t at = page * wal_page_size;
    const auto written_on = get<std::uint32_t>(wal, at + 4);
    const bool common = get<std::uint16_t>(wal, at) == magic && written_on != 0 &&
                        written_on <= timeline &&
                        get<std::uint64_t>(wal, at + 8) == start.value + at;
    if (page != 0 || !common) return common;
    return (get<std::uint16_t>(wal, 2) & 2U) != 0 && get<std::uint64_t>(wal, 24) == identifier &&
           get<std::uint32_t>(wal, 32) == segment_size &&
           get<std::uint32_t>(wal, 36) == wal_page_size;
}

std::vector<std::string> problems_of(const std::string& wal, std::size_t run, WalRange range) {
    WalCheck check(15, identifier, segment_size);
    TarMember member;
    member.path = wal_segment_name(timeline, start, segment_size);
    member.size = wal.size();
    check.begin(member);
    for (std::size_t at = 0; at < wal.size(); at += run) {
        check.data(as_bytes(std::string_view(wal).substr(at, run)));
    }
    check.end();
    return check.problems({range});
}

/// The input as changes: page, offset in the page, length, bytes.
void change(std::string& wal, Input& input) {
    while (!input.empty()) {
        const std::size_t page = input.byte() % (segment_size / wal_page_size);
        const std::size_t offset = input.pair() % (wal_page_size - 256);
        const std::string_view bytes = input.bytes(input.byte());
        std::ranges::copy(bytes,
                          wal.begin() + static_cast<std::ptrdiff_t>(page * wal_page_size + offset));
    }
}

}  // namespace

std::vector<std::string> seeds() {
    const auto patch = [](char page, char offset, const std::string& bytes) {
        return std::string{page, '\0', offset, static_cast<char>(bytes.size())} + bytes;
    };
    const std::string range("\0\5\1", 3);
    return {
        range,
        range + patch(1, 0, std::string(2, '\0')) + patch(7, 0, "xx"),
        range + patch(0, 24, "x") + patch(2, 40, "not in a header"),
        range + patch(3, 4, "\2") + patch(4, 4, "\4"),
        std::string("\0\1\xFF", 3),
    };
}

void try_input(std::string_view text) {
    static const std::string sound = sound_segment();
    Input input(text);
    const std::size_t first = input.byte() % 100;
    const std::size_t last = first + input.byte() % 28;
    const std::size_t cut = input.byte();
    std::string wal = sound;
    change(wal, input);
    if (cut >= 250) wal.resize(wal.size() - cut);

    bool expected = wal.size() == segment_size && sound_page(wal, 0);
    for (std::size_t page = first; expected && page <= last; ++page) {
        expected = sound_page(wal, page);
    }
    WalRange range;
    range.timeline = timeline;
    range.start = {start.value + first * wal_page_size + long_header_size};
    range.end = {start.value + last * wal_page_size + long_header_size + 1};
    const auto problems = problems_of(wal, wal.size(), range);
    require(problems.empty() == expected, "WAL is sound when its pages are, and only then");
    require(problems.size() <= 100, "there is an end to the problems");
    if (cut % 2 != 0) {
        require(problems_of(wal, 5000, range) == problems, "WAL is the same in runs of any length");
    }
    for (const std::string& line : problems) require(printable(line) == line, "a line is one");
}

}  // namespace tsb::fuzz

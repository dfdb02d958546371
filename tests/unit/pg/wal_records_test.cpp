// Finding the records that create tablespaces, wherever in a page they begin and end.
#include "core/pg/wal_records.hpp"

#include <algorithm>
#include <functional>

#include "tests/support/catch.hpp"
#include "tests/unit/pg/put_le.hpp"

using namespace tsb;
using tsb::test::put_le;

namespace {

constexpr std::uint64_t records_start = 0x5000000;

std::vector<std::byte> record(std::uint8_t manager, std::uint8_t info, const std::string& data) {
    std::vector<std::byte> out(24);
    put_le(out, 0, 24 + data.size(), 4);
    put_le(out, 16, info, 1);
    put_le(out, 17, manager, 1);
    std::ranges::copy(as_bytes(data), std::back_inserter(out));
    return out;
}

std::vector<std::byte> filler(std::size_t size) {
    return record(10, 0, std::string(size - 24, '\x05'));  // full of what looks like managers
}

std::vector<std::byte> creation(std::uint32_t oid, const std::string& location,
                                const std::string& before = "") {
    std::string main(4, '\0');
    for (std::size_t i = 0; i < 4; ++i) main[i] = static_cast<char>(oid >> 8 * i & 0xFF);
    main += location + '\0';
    const bool is_short = main.size() < 256;
    std::string head = is_short ? "\xFF" + std::string(1, static_cast<char>(main.size()))
                                : "\xFE" + std::string(1, static_cast<char>(main.size() & 0xFF)) +
                                      std::string(1, static_cast<char>(main.size() >> 8)) +
                                      std::string(2, '\0');
    return record(5, 0x01, before + head + main);  // 0x01: a flag of the inserter's
}

/// Pages of WAL with their headers, as records are appended.
class WalText {
public:
    /// Where the record begins.
    Lsn append(const std::vector<std::byte>& bytes) {
        if (bytes_.size() % wal_page_size == 0) begin_page(0);
        const Lsn at{records_start + bytes_.size()};
        const std::size_t padded = (bytes.size() + 7) / 8 * 8;
        for (std::size_t i = 0; i < padded; ++i) {
            if (bytes_.size() % wal_page_size == 0)
                begin_page(i < bytes.size() ? bytes.size() - i : 0);
            bytes_.push_back(i < bytes.size() ? bytes[i] : std::byte{0});
        }
        return at;
    }
    void fill_page() {
        bytes_.resize((bytes_.size() + wal_page_size - 1) / wal_page_size * wal_page_size);
    }

    /// Walks all pages but those `is_left_out` names.
    WalRecordWalk walk(const std::function<bool(std::size_t)>& is_left_out = {}) {
        fill_page();
        WalRecordWalk walk;
        for (std::size_t page = 0; page * wal_page_size < bytes_.size(); ++page) {
            if (is_left_out && is_left_out(page)) {
                walk.begin_segment();
                continue;
            }
            const Bytes bytes = Bytes(bytes_).subspan(page * wal_page_size, wal_page_size);
            walk.page(parse_wal_page_header(bytes), bytes);
        }
        return walk;
    }

private:
    void begin_page(std::size_t continued) {
        const std::size_t at = bytes_.size();
        const bool first = at == 0;
        bytes_.resize(at + (first ? 40 : 24));
        put_le(bytes_, at, 0xD110, 2);
        put_le(bytes_, at + 2, (first ? 2U : 0U) | (continued > 0 ? 1U : 0U), 2);
        put_le(bytes_, at + 4, 1, 4);
        put_le(bytes_, at + 8, records_start + at, 8);
        put_le(bytes_, at + 16, continued, 4);
    }

    std::vector<std::byte> bytes_;
};

}  // namespace

TEST_CASE("a created tablespace is found wherever its record begins") {
    for (std::size_t size = 24; size < 2 * wal_page_size; size += 8) {
        WalText wal;
        wal.append(filler(size));
        const Lsn at = wal.append(creation(24676, "/srv/new tablespace"));
        wal.append(filler(9001));
        const Lsn second = wal.append(creation(7, ""));
        const WalRecordWalk walk = wal.walk();
        if (walk.tablespaces().size() != 2) FAIL("after a record of " << size);
        REQUIRE(walk.tablespaces()[0].at == at);
        REQUIRE(walk.tablespaces()[0].oid == 24676);
        REQUIRE(walk.tablespaces()[0].location == "/srv/new tablespace");
        REQUIRE(walk.tablespaces()[1].at == second);
        REQUIRE(walk.tablespaces()[1].location.empty());
    }
}

TEST_CASE("every form of a creation's header is read, and long locations") {
    for (const std::string& before :
         {std::string(), std::string("\xFD\x01\x02"), std::string("\xFC\x01\x02\x03\x04"),
          std::string("\xFD\x01\x02\xFC\x01\x02\x03\x04")}) {
        for (const std::size_t length : {1U, 240U, 300U, 1000U}) {
            WalText wal;
            const std::string location = "/" + std::string(length - 1, 'x');
            wal.append(creation(1663, location, before));
            const WalRecordWalk walk = wal.walk();
            REQUIRE(walk.tablespaces().size() == 1);
            CHECK(walk.tablespaces()[0].location == location);
        }
    }
}

TEST_CASE("other records of tablespaces, and records that make no sense, are passed over") {
    WalText wal;
    wal.append(record(5, 0x10, "\xFF\x04" + std::string(4, '\x01')));  // a drop
    wal.append(record(5, 0x00, "\x01 block"));
    wal.append(record(5, 0x00, ""));
    wal.append(record(5, 0x00, "\xFF\x04\x01"));
    const Lsn at = wal.append(creation(5, "/a"));
    const WalRecordWalk walk = wal.walk();
    REQUIRE(walk.tablespaces().size() == 1);
    CHECK(walk.tablespaces()[0].at == at);
}

TEST_CASE("after a gap the walk begins anew where a page says that a record begins") {
    WalText wal;
    wal.append(filler(5 * wal_page_size));
    const Lsn at = wal.append(creation(5, "/a"));
    wal.append(filler(3 * wal_page_size));
    for (std::size_t page = 0; page < 5; ++page) {
        const WalRecordWalk walk = wal.walk([&](std::size_t number) { return number == page; });
        REQUIRE(walk.tablespaces().size() == 1);
        CHECK(walk.tablespaces()[0].at == at);
    }
}

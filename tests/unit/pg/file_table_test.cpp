#include "core/pg/file_table.hpp"

#include <string>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("a table of files keeps many, finds each and tells twins") {
    FileTable table;
    const std::string longest(std::size_t{64} * 1024, 'p');
    for (int i = 99'999; i >= 0; --i) {
        const std::string path = "base/" + std::to_string(i);
        table.add(path, static_cast<std::uint64_t>(i), DigestKind::sha224, as_bytes(path));
    }
    table.add(longest, 1, DigestKind::none, {});
    CHECK_THROWS_AS(table.add(longest + "p", 1, DigestKind::none, {}), Error);
    table.sort();
    REQUIRE(table.size() == 100'001);
    CHECK_FALSE(table.twin());
    for (int i = 0; i < 100'000; ++i) {
        const std::string path = "base/" + std::to_string(i);
        const auto file = table.find(path);
        REQUIRE(file.has_value());
        REQUIRE(file->size == static_cast<std::uint64_t>(i));
        REQUIRE(file->digest_kind == DigestKind::sha224);
        REQUIRE(as_text(file->digest) == path);
    }
    CHECK(table.find(longest)->digest.empty());
    CHECK_FALSE(table.find("base/100000"));
    CHECK_FALSE(table.find(""));
    table.add("base/7", 0, DigestKind::none, {});
    table.sort();
    CHECK(table.twin() == "base/7");
}

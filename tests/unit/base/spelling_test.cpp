#include "core/base/spelling.hpp"

#include "tests/support/catch.hpp"

namespace tsb {

TEST_CASE("the edit distance counts insertions, deletions, replacements and swaps") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("format", "format") == 0);
    CHECK(edit_distance("fromat", "format") == 1);
    CHECK(edit_distance("formt", "format") == 1);
    CHECK(edit_distance("formats", "format") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest word is named only when it is near") {
    const std::vector<std::string> known = {"socket", "rights", "read"};
    CHECK(nearest("right", known) == "rights");
    CHECK(nearest("sokcet", known) == "socket");
    CHECK(nearest("red", known) == "read");
    CHECK(nearest("operate", known).empty());
    CHECK(nearest("x", known).empty());
    CHECK(nearest("read", {}).empty());
    CHECK(nearest(std::string(100'000, 'r'), known).empty());
}

}  // namespace tsb

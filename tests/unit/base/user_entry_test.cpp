#include "core/base/user_entry.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("a user is found by number, and one that is not there is not made up") {
    const auto root = user_entry(0);
    REQUIRE(root);
    CHECK(root->name == "root");
    CHECK(root->group == 0);
    CHECK(root->home.starts_with('/'));
    CHECK_FALSE(user_entry(3999999999));
}

#include "core/ops/explore.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("the settings of a configuration file are read as the server reads them") {
    using Settings = std::vector<std::pair<std::string, std::string>>;
    CHECK(settings_in("") == Settings{});
    CHECK(settings_in("# a = 1\n\n  #b\nport = 5432 # why\nport 5433\r\n") ==
          Settings{{"port", "5433"}});
    CHECK(settings_in("a='it''s'  # x\nb = 'c\\'d # e'\nc='open\nd=\ne='' ") ==
          Settings{{"a", "it's"}, {"b", "c'd # e"}, {"c", "open"}, {"e", ""}});
    CHECK(settings_in("app.x = on\n= 3\n'x'\nwork_mem=4MB") ==
          Settings{{"app.x", "on"}, {"work_mem", "4MB"}});
}

// The polkit rule says what the configuration's commands do, and no more.
#include "daemon/polkit_rule.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

Config with_commands(const std::vector<std::string>& stop, const std::vector<std::string>& start) {
    ClusterConfig cluster;
    cluster.name = "main";
    cluster.stop_command = stop;
    cluster.start_command = start;
    Config config;
    config.clusters = {cluster};
    return config;
}

using Verbs = std::map<std::string, std::set<std::string>>;

}  // namespace

TEST_CASE("units and verbs come from the commands that run systemctl") {
    Config config = with_commands({"/usr/bin/systemctl", "stop", "postgresql@15-main"},
                                  {"/bin/systemctl", "--no-block", "start", "postgresql@15-main"});
    config.clusters.push_back(
        with_commands({"/usr/bin/pg_ctlcluster", "17", "shop", "stop"},
                      {"/usr/bin/systemctl", "restart", "a.service", "b.target"})
            .clusters[0]);
    CHECK(unit_verbs(config) == Verbs{{"a.service", {"restart"}},
                                      {"b.target", {"restart"}},
                                      {"postgresql@15-main.service", {"start", "stop"}}});
}

TEST_CASE("the rule allows these units and verbs to that user") {
    const std::string rule =
        polkit_rule(with_commands({"/usr/bin/systemctl", "stop", "postgresql@15-main"},
                                  {"/usr/bin/systemctl", "start", "postgresql@15-main"}),
                    "postgres");
    const auto has = [&](const std::string& part) { return rule.find(part) != std::string::npos; };
    CHECK(has("        \"postgresql@15-main.service\": [\"start\", \"stop\"]\n    };"));
    CHECK(has("subject.user !== \"postgres\""));
    CHECK(has("action.id !== \"org.freedesktop.systemd1.manage-units\""));
}

TEST_CASE("what stands in a command stays within its JavaScript string") {
    const std::string rule = polkit_rule(
        with_commands({"/usr/bin/systemctl", "stop", "x\"]}; evil(); //\n\\\u2028"}, {}),
        "postgres");
    CHECK(rule.find(R"("x\"]}; evil(); //\n\\\u2028.service": ["stop"])") != std::string::npos);
}

TEST_CASE("a rule without systemctl or for a strange user is refused") {
    const Config config = with_commands({"/usr/bin/systemctl", "stop", "x"}, {});
    CHECK(error_of([] { polkit_rule(with_commands({}, {}), "postgres"); }).code() ==
          ErrorCode::config);
    CHECK(error_of([&] { polkit_rule(config, ""); }).code() == ErrorCode::usage);
    CHECK(error_of([&] { polkit_rule(config, "a\" || true"); }).code() == ErrorCode::usage);
}

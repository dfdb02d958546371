// Restores in place that go another way than the usual one: over mount points, over the data of
// another cluster, and without starting the server.
#include "tests/integration/in_place_site.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
using nlohmann::json;
namespace fs = std::filesystem;

TEST_CASE("data directory and tablespace that are mount points are restored in place",
          "[in_place_ways]") {
    if (!may_mount()) return;
    for (const auto version : server_versions()) {
        Site site(version, SiteKind::mount_points);
        check_there_and_back(site);
    }
}

TEST_CASE("with --no-start the restored data waits for whoever starts it", "[in_place_ways]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    site.damage();
    const json done = site.restore(id, {"--no-start"});
    CHECK(done.at("started") == false);
    CHECK_FALSE(done.contains("down_ms"));
    CHECK_FALSE(fs::exists(site.data() / "postmaster.pid"));
    CHECK(site.daemon().ask({"restore", id, "--plan"}).at("notes").empty());
    // No process can have this number: as that of a server in another container, it is not seen.
    write_file(site.data() / "postmaster.pid", "4194305\n");
    const json plan = site.daemon().ask({"restore", id, "--plan"});
    CHECK_FALSE(plan.at("in_place").contains("stopped_by"));
    REQUIRE(plan.at("notes").size() == 1);
    CHECK(contains(plan.at("notes").at(0).get<std::string>(), "is not seen from here"));
    fs::remove(site.data() / "postmaster.pid");
    site.start_server();
    CHECK(eventually([&] { return site.server().query("select pg_is_in_recovery()") == "f"; }));
    CHECK(site.rows() == whole);
    CHECK(restore_problems(site.server()) == "");
    site.daemon().ask({"restore", "--undo", "--no-progress"});
    CHECK(site.rows() == damaged);
}

TEST_CASE("--force-foreign replaces the data of another cluster, which an undo brings back",
          "[in_place_ways]") {
    Site site(PgVersion::pg15);
    const std::string id = site.daemon().backup();
    Site other(PgVersion::pg15);
    const std::string identifier = "select system_identifier from pg_control_system()";
    const std::string own = site.server().query(identifier);
    const std::string foreign = other.server().query(identifier);
    other.damage();
    CHECK(other.daemon().stop() == 0);
    CHECK(site.daemon().stop() == 0);
    site.daemon().configure(other.entries());  // its server, and the first one's repository
    site.daemon().start();

    // The backup's tablespace lies where the first site's still is.
    Arguments options = {
        "--force-foreign", "--tablespace-map",
        site.tablespace().string() + "=" + (other.data().parent_path() / "fast").string()};
    CHECK(site.restore(id, options).at("started") == true);
    CHECK(other.server().query(identifier) == own);
    CHECK(other.rows() == whole);
    site.daemon().ask({"restore", "--undo", "--no-progress"});
    CHECK(other.server().query(identifier) == foreign);
    CHECK(other.rows() == damaged);
}

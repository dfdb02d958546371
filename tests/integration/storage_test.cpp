// What goes wrong with the repository and with restore targets.
#include "tests/integration/ground.hpp"
#include "tests/integration/small_disk.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

PgServer& bulky_server() {
    static PgServer server(PgVersion::pg15);
    static bool ready = false;
    if (!ready) {
        server.start();
        add_bulk(server, "bulk", 12);
        ready = true;
    }
    return server;
}

}  // namespace

TEST_CASE("a disk that fills up fails the backup and gives the space back", "[storage]") {
    if (!may_mount()) return;
    auto& server = bulky_server();
    Daemon daemon(server);
    fs::remove_all(daemon.repository());
    fs::create_directory(daemon.repository());
    SmallDisk disk(daemon.repository(), "120M");
    REQUIRE(daemon.in_process({"init"}).status == 0);
    daemon.start();
    const auto first = daemon.backup();
    const auto job = backup_under_way(daemon, 3U << 20U, {"--max-rate", "4MB"});
    disk.fill();
    const auto failure = failure_of(daemon, job);
    INFO(failure.all);
    CHECK(failure.status == 1);
    CHECK(failure.code == "disk_full");
    disk.make_room();
    CHECK(leftovers(daemon, {first}).empty());
    CHECK(server.slots_go_away());
    CHECK_FALSE(daemon.backup().empty());
}

TEST_CASE("a backup that cannot fit is refused before the first byte", "[storage]") {
    if (!may_mount()) return;
    auto& server = bulky_server();
    Daemon daemon(server);
    fs::remove_all(daemon.repository());
    fs::create_directory(daemon.repository());
    const SmallDisk disk(daemon.repository(), "4M");
    REQUIRE(daemon.in_process({"init"}).status == 0);
    daemon.start();
    const auto failure = refused(daemon, {"backup", "main"});
    INFO(failure.all);
    CHECK(failure.code == "disk_full");
    CHECK(contains(failure.message, "needed"));
    CHECK(leftovers(daemon, {}).empty());
}

TEST_CASE("a repository that is missing or was unmounted is never written to", "[storage]") {
    if (!may_mount()) return;
    auto& server = bulky_server();
    Daemon daemon(server);
    fs::remove_all(daemon.repository());
    fs::create_directory(daemon.repository());
    give_to_server_user(daemon.repository());
    const auto missing = refusal_of(daemon.in_process({"--json", "backup", "main"}));
    INFO(missing.all);
    CHECK(missing.status == 1);
    CHECK(missing.code == "repository_missing");
    CHECK(contains(missing.hint, "init"));

    SmallDisk disk(daemon.repository(), "120M");
    REQUIRE(daemon.in_process({"init"}).status == 0);
    daemon.start();
    daemon.backup();
    disk.unmount();
    const auto unmounted = refused(daemon, {"backup", "main"});
    INFO(unmounted.all);
    CHECK(unmounted.status == 1);
    CHECK(unmounted.code == "repository_missing");
    CHECK(fs::is_empty(daemon.repository()));
    CHECK(daemon.ctl({"status"}).status == 5);
    CHECK(server.slots_go_away());
}

TEST_CASE("a second daemon on a repository is refused and names the first", "[storage]") {
    auto& server = bulky_server();
    Daemon daemon(server);
    daemon.start();
    const auto second = run_program(daemon.daemon_command(), program_options());
    INFO(failure_text(second));
    CHECK(second.status == 1);
    CHECK(contains(second.err, std::to_string(daemon.pid())));
    const auto in_process = refusal_of(daemon.in_process({"--json", "backup", "main"}));
    CHECK(in_process.code == "repository_locked");
    CHECK(contains(in_process.hint, "tsbackupctl"));
    CHECK(daemon.ctl({"list"}).status == 0);
    daemon.kill9();
    daemon.start();
    CHECK_FALSE(daemon.backup().empty());
}

TEST_CASE("a restore into a directory that holds something is refused", "[storage]") {
    auto& server = bulky_server();
    Daemon daemon(server);
    daemon.start();
    const auto id = daemon.backup({"--compress", "none"});
    const auto target = daemon.scratch().directory("restored/used");
    write_file(target / "PG_VERSION", "15\n");
    const auto failure = refused(daemon, {"restore", id, "--target", target});
    INFO(failure.all);
    CHECK(failure.status == 4);
    CHECK(failure.code == "target_not_empty");
    CHECK(std::distance(fs::directory_iterator(target), fs::directory_iterator()) == 1);
    CHECK(refused(daemon, {"restore", "no-such-backup", "--target", new_target(daemon)}).code ==
          "not_found");
    CHECK(refused(daemon, {"restore", id}).status == 2);
}

TEST_CASE("another major version at the restore is refused unless insisted on", "[storage]") {
    if (!have_server(PgVersion::pg17)) return;
    auto& server = filled_server(PgVersion::pg17);
    Daemon daemon(server);
    daemon.start();
    const auto id = daemon.backup({"--compress", "none"});
    daemon.stop();
    auto yaml = read_file(daemon.config_file());
    const auto binaries = ", " + server_programs(PgVersion::pg17).string();
    yaml.erase(yaml.find(binaries), binaries.size());
    write_file(daemon.config_file(), yaml);
    daemon.start();
    const auto target = new_target(daemon);
    const auto failure = refused(daemon, {"restore", id, "--target", target});
    INFO(failure.all);
    CHECK(failure.status == 4);
    CHECK(failure.code == "version_mismatch");
    CHECK(contains(failure.message, "17"));
    CHECK(contains(failure.message, "15"));
    CHECK(daemon.ctl({"restore", id, "--target", target, "--any-version"}).status == 0);
}

TEST_CASE("a malformed configuration is refused with file, line, column and key", "[storage]") {
    Daemon daemon(bulky_server());
    auto yaml = read_file(daemon.config_file());
    write_file(daemon.config_file(), yaml + "retenton: {}\n");
    const auto result = run_program(daemon.daemon_command(), program_options());
    INFO(failure_text(result));
    CHECK(result.status == 78);
    const auto lines = std::count(yaml.begin(), yaml.end(), '\n') + 1;
    CHECK(contains(result.err, "tsbackup.yaml:" + std::to_string(lines) + ":1: "));
    CHECK(contains(result.err, "retenton"));
    auto check = daemon.daemon_command();
    check.push_back("--check-config");
    CHECK(run_program(check, program_options()).status == 78);
}

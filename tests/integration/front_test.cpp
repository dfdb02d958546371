// The way a person goes: back up, list, verify, restore, start, compare.
#include <sys/stat.h>

#include "core/base/clock.hpp"
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"

using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

std::string wrong_modes(const fs::path& tree) {
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
        if (entry.is_symlink()) continue;
        struct stat status {};
        stat(entry.path().c_str(), &status);
        const auto expected = entry.is_directory() ? 0700U : 0600U;
        if ((status.st_mode & 07777U) != expected) return entry.path().string();
    }
    return {};
}

}  // namespace

TEST_CASE("what was backed up comes back exactly, in a server that starts by itself", "[front]") {
    for (const auto version : server_versions()) {
        auto& source = filled_server(version);
        const auto before = fingerprint(source);
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup();
        CHECK(daemon.listed() == std::vector<std::string>{id});
        CHECK(source.slots() == "0");
        const auto verified = daemon.ctl({"verify", id});
        INFO(failure_text(verified));
        CHECK(verified.status == 0);

        const auto server = restored(daemon, id, version);
        CHECK(wrong_modes(server->data()).empty());
        server->start();
        server->wait_for_writes();
        CHECK(fingerprint(*server) == before);
        CHECK(restore_problems(*server).empty());
        CHECK(server->query("select count(*) from cache", "shop") == "0");
        CHECK(server->query("select last_value from tickets", "shop") == "77");
        CHECK(daemon.stop() == 0);
    }
}

TEST_CASE("show tells what a backup is", "[front]") {
    for (const auto version : server_versions()) {
        auto& source = filled_server(version);
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup({"--label", "before the upgrade"});
        const auto shown = daemon.ask({"show", id}).at("backup");
        CHECK(shown.at("label") == "before the upgrade");
        CHECK(shown.at("system_identifier") ==
              source.query("select system_identifier from pg_control_system()"));
        CHECK(shown.at("timeline") == 1);
        CHECK(shown.at("compression") == "gzip:6");
        CHECK(shown.at("files").size() >= 4);
        bool timescale = false;
        for (const auto& database : shown.at("databases")) {
            timescale |= database.at("name") == "shop" &&
                         !database.at("timescaledb_version").get<std::string>().empty();
        }
        CHECK(timescale == (version == PgVersion::pg17));
    }
}

TEST_CASE("status and check tell healthy from unhealthy by their exit codes", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    CHECK(daemon.ctl({"status"}).status == 3);
    daemon.start();
    CHECK(daemon.ctl({"status"}).status == 5);
    CHECK(daemon.ctl({"check"}).status == 0);
    CHECK(daemon.ctl({"check"}).out.find("replication slots: none of ours is left") !=
          std::string::npos);
    source.query("SELECT pg_create_physical_replication_slot('tsbackup_left', true)");
    const auto checked = daemon.ctl({"check"});
    CHECK(checked.status == 0);
    CHECK(checked.out.find("warn  replication slots: 'tsbackup_left', held by nobody, keeps ") !=
          std::string::npos);
    source.query("SELECT pg_drop_replication_slot('tsbackup_left')");
    daemon.backup({"--compress", "none"});
    CHECK(daemon.ctl({"status"}).status == 0);
    CHECK(daemon.ctl({"no-such-verb"}).status == 2);
    CHECK(daemon.ctl({"backup", "main", "--compress", "brotli"}).status == 2);
    CHECK(daemon.ctl({"backup", "no-such-cluster"}).status == 1);
}

TEST_CASE("a job outlives its client, and a client can follow it again", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto started = daemon.ask({"backup", "main", "--detach", "--max-rate", "16MB"});
    const std::string job = started.at("job");
    CHECK(daemon.ctl({"watch", job, "--no-progress"}).status == 0);
    CHECK(daemon.listed().size() == 1);
}

TEST_CASE("the client's death does not stop a backup", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    auto client =
        daemon.ctl_beside({"backup", "main", "--max-rate", "8MB"}, daemon.scratch() / "c");
    REQUIRE(eventually(
        [&] { return daemon.ask({"jobs"}).dump().find("running") != std::string::npos; }));
    client.signal(SIGKILL);
    client.wait();
    CHECK(eventually([&] { return daemon.listed().size() == 1; }));
}

TEST_CASE("a cancelled backup leaves nothing behind", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto first = daemon.backup({"--compress", "none"});
    const std::string job =
        daemon.ask({"backup", "main", "--detach", "--max-rate", "1MB"}).at("job");
    CHECK(daemon.ctl({"cancel", job}).status == 0);
    CHECK(daemon.ctl({"watch", job, "--no-progress"}).status == 1);
    CHECK(daemon.listed() == std::vector<std::string>{first});
    CHECK(fs::is_empty(daemon.repository() / "main/inprogress"));
    CHECK(source.slots_go_away());
}

TEST_CASE("the same operations run in process when no daemon is up", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    const auto taken = daemon.in_process({"backup", "main", "--compress", "lz4"});
    INFO(failure_text(taken));
    REQUIRE(taken.status == 0);
    CHECK(daemon.in_process({"verify"}).status == 0);
    const auto target = new_target(daemon);
    const auto result = daemon.in_process({"restore", "latest", "--target", target});
    INFO(failure_text(result));
    REQUIRE(result.status == 0);
    CHECK(contains(result.out + result.err, "Restored size: "));
    PgServer server(PgVersion::pg15, ExistingData::at(target));
    server.start();
    server.wait_for_writes();
    CHECK(fingerprint(server) == fingerprint(source));
}

TEST_CASE("a plan says what a restore would do, then the restore does it", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto first = daemon.backup({"--compress", "none"});
    const std::string between = daemon.ask({"show", first}).at("backup").at("stopped_at");
    REQUIRE(eventually([&] { return tsb::to_iso8601(tsb::system_clock().now()) > between; }));
    const auto second = daemon.backup({"--compress", "none"});
    const auto target = new_target(daemon);
    const Arguments restore = {"restore", "latest-before", between, "--target", target};
    Arguments plan = restore;
    plan.push_back("--plan");
    const auto planned = daemon.ctl(plan);
    INFO(failure_text(planned));
    REQUIRE(planned.status == 0);
    CHECK(contains(planned.out, first));
    CHECK(contains(planned.out, "not known: no restore, drill or verify"));
    CHECK(contains(planned.out, "the backup itself took "));
    CHECK(contains(planned.out, " (uid "));
    CHECK_FALSE(fs::exists(target));
    const auto done = daemon.ask(restore);
    CHECK(done.at("backup_id") == first);
    plan[1] = "latest";
    plan.erase(plan.begin() + 2);
    const auto refused = daemon.ctl(plan);
    CHECK(refused.status == 4);
    CHECK(contains(refused.out, second));
    CHECK(contains(refused.out, "by what was measured here before"));
    CHECK(contains(refused.err, "the directory is not empty"));
    CHECK(daemon.ctl({"restore", "latest-before", "2020-01-01", "--target", target}).status == 1);
}

TEST_CASE("a restore needs no configuration, only the repository", "[front]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    REQUIRE(daemon.in_process({"backup", "main", "--compress", "none"}).status == 0);
    const auto target = new_target(daemon);
    const auto result = run_program({program_path("tsbackupd"), "restore", "latest", "--repository",
                                     daemon.repository(), "--cluster", "main", "--target", target},
                                    program_options());
    INFO(failure_text(result));
    CHECK(result.status == 0);
    CHECK(fs::exists(target / "global/pg_control"));
}

TEST_CASE("as root, restored files belong to the owner of the parent or to the one named",
          "[front]") {
    if (server_user().empty()) {
        WARN("NOT RUN: needs root");
        return;
    }
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    REQUIRE(daemon.in_process({"backup", "main", "--compress", "none"}).status == 0);
    auto options = program_options();
    options.as_server_user = false;
    const auto target = new_target(daemon);
    const auto owned_by = [&](const fs::path& file) {
        return must_run({"stat", "-c", "%U", file});
    };
    auto command = daemon.daemon_command();
    command.insert(command.end(), {"restore", "latest", "--target", target});
    const auto result = run_program(command, options);
    INFO(failure_text(result));
    REQUIRE(result.status == 0);
    CHECK(owned_by(target) == "postgres\n");
    CHECK(owned_by(target / "global/pg_control") == "postgres\n");

    command.back() = new_target(daemon);
    command.insert(command.end(), {"--owner", "nobody"});
    const auto named = run_program(command, options);
    INFO(failure_text(named));
    REQUIRE(named.status == 0);
    CHECK(owned_by(fs::path(command[command.size() - 3]) / "PG_VERSION") == "nobody\n");
}

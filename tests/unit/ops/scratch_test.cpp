// Scratch servers and drills, as far as no server is needed: settings, places, judgements.
#include <fstream>
#include <map>

#include "core/base/error.hpp"
#include "core/ops/drill_checks.hpp"
#include "core/ops/drill_scratch.hpp"
#include "core/ops/scratch_server.hpp"
#include "core/ops/server_binaries.hpp"
#include "core/repo/recovery_settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* backup_id = "cluster_backup_20261123_014224";

ScratchPlaces places() {
    ScratchPlaces places;
    places.binaries = "/usr/lib/postgresql/17/bin";
    places.data = "/scratch/data";
    places.run = "/scratch/a \"b\", c";
    return places;
}

std::map<std::string, std::string> settings_of(int major, bool timescaledb = false) {
    ScratchProfile profile;
    profile.major = major;
    profile.timescaledb = timescaledb;
    profile.name = "drill";
    std::map<std::string, std::string> settings;
    for (const auto& [name, value] : scratch_settings(places(), profile)) {
        INFO(name);
        CHECK(settings.emplace(name, value).second);
    }
    return settings;
}

Metadata with_timescaledb(const std::string& version) {
    Metadata metadata;
    metadata.server_version_num = 170011;
    DatabaseInfo& database = metadata.databases.emplace_back();
    database.name = "shop";
    database.timescaledb_version = version;
    return metadata;
}

}  // namespace

TEST_CASE("a scratch server is cut off from everything, in every version") {
    for (int major = 13; major <= 18; ++major) {
        CAPTURE(major);
        const auto settings = settings_of(major);
        CHECK(settings.at("listen_addresses").empty());
        CHECK(settings.at("unix_socket_directories") == "\"/scratch/a \"\"b\"\", c\"");
        CHECK(settings.at("hba_file") == "/scratch/a \"b\", c/pg_hba.conf");
        CHECK(settings.at("data_directory") == "/scratch/data");
        CHECK(settings.at("archive_mode") == "off");
        CHECK(settings.at("restore_command") == "false");
        for (const char* empty :
             {"archive_command", "archive_cleanup_command", "recovery_end_command",
              "primary_conninfo", "primary_slot_name", "synchronous_standby_names",
              "external_pid_file", "temp_tablespaces", "shared_preload_libraries",
              "session_preload_libraries", "local_preload_libraries"}) {
            CAPTURE(empty);
            CHECK(settings.at(empty).empty());
        }
        CHECK(settings.at("max_worker_processes") == "0");
        CHECK(settings.at("max_logical_replication_workers") == "0");
        CHECK(settings.at("hot_standby") == "off");
        for (const std::string_view setting : recovery_settings) {
            CHECK(settings.contains(std::string(setting.substr(0, setting.find(' ')))));
        }
    }
}

TEST_CASE("a scratch server is given only settings that its version has") {
    CHECK_FALSE(settings_of(14).contains("archive_library"));
    CHECK(settings_of(15).at("archive_library").empty());
    CHECK_FALSE(settings_of(16).contains("event_triggers"));
    CHECK(settings_of(17).at("event_triggers") == "off");
    CHECK(settings_of(14).contains("stats_temp_directory"));
    CHECK_FALSE(settings_of(15).contains("stats_temp_directory"));
    CHECK(settings_of(18).at("io_method") == "sync");
    CHECK(contains(scratch_session_options(17), "event_triggers"));
    CHECK_FALSE(contains(scratch_session_options(16), "event_triggers"));
}

TEST_CASE("TimescaleDB is loaded where the backup has it, and does nothing by itself") {
    const auto settings = settings_of(17, true);
    CHECK(settings.at("shared_preload_libraries") == "timescaledb");
    CHECK(settings.at("timescaledb.max_background_workers") == "0");
    CHECK(settings.at("timescaledb.telemetry_level") == "off");
    CHECK_FALSE(settings_of(17).contains("timescaledb.telemetry_level"));
}

TEST_CASE("every setting of a scratch server stands on its command line") {
    ScratchProfile profile;
    profile.major = 17;
    const auto command = scratch_command(places(), profile);
    CHECK(command[0] == "/usr/lib/postgresql/17/bin/postgres");
    CHECK(command[1] == "-D");
    CHECK(command[2] == "/scratch/data");
    const auto settings = scratch_settings(places(), profile);
    REQUIRE(command.size() == 3 + 2 * settings.size());
    for (std::size_t i = 0; i < settings.size(); ++i) {
        CHECK(command[3 + 2 * i] == "-c");
        CHECK(command[4 + 2 * i] == settings[i].first + "=" + settings[i].second);
    }
}

TEST_CASE("a directory whose socket would have too long a path is refused") {
    const std::size_t fits = longest_socket_path - std::string("/.s.PGSQL.5432").size();
    CHECK_NOTHROW(require_short_socket("/" + std::string(fits - 1, 'd')));
    CHECK(error_of([&] { require_short_socket("/" + std::string(fits, 'd')); }).code() ==
          ErrorCode::usage);
}

TEST_CASE("the end of a server is laid upon the data only when recovery met it") {
    const std::string begun = "LOG:  database system was interrupted; last known up at x\n";
    for (const char* data :
         {"FATAL:  could not locate required checkpoint record", "PANIC:  invalid page in block 3",
          "FATAL:  WAL ends before end of online backup",
          "FATAL:  could not access status of transaction 5"}) {
        CAPTURE(data);
        CHECK(recovery_refused_data(begun + data + "\nLOG:  database system is shut down\n"));
        CHECK(cause_in_log(begun + data + "\nLOG:  database system is shut down\n") == data);
        CHECK_FALSE(recovery_refused_data(std::string(data) + "\n"));
    }
    for (const char* machine : {"PANIC:  could not write to file \"x\": No space left on device",
                                "FATAL:  resource manager with ID 128 not registered",
                                "LOG:  startup process (PID 5) was terminated by signal 9: Killed",
                                "LOG:  received fast shutdown request"}) {
        CAPTURE(machine);
        CHECK_FALSE(recovery_refused_data(begun + machine + "\n"));
    }
    CHECK(cause_in_log("").size() > 1);
    CHECK(cause_in_log("LOG:  one\nLOG:  two\n") == "LOG:  two");
}

TEST_CASE("findings of pg_amcheck are one line each, and not too many") {
    const auto findings = amcheck_findings(
        "heap table \"a.b.c\", block 1, offset 2:\n    xmin 3 is odd\nbtree index \"a.b.i\":\n"
        "    ERROR:  high key\n    DETAIL:  there\n");
    REQUIRE(findings.size() == 2);
    CHECK(findings[0] == "pg_amcheck: heap table \"a.b.c\", block 1, offset 2: xmin 3 is odd");
    CHECK(findings[1] == "pg_amcheck: btree index \"a.b.i\": ERROR:  high key DETAIL:  there");
    std::string many;
    for (int i = 0; i < 50; ++i) many += "heap table\n    is odd\n";
    CHECK(amcheck_findings(many).size() == 21);
    CHECK(amcheck_findings(many).back() == "pg_amcheck: and 30 more");
}

TEST_CASE("the programs of a major version are found, or the hint says where to name them") {
    const TempDir directory;
    const fs::path binaries = directory.path() / "16/bin";
    fs::create_directories(binaries);
    CHECK(error_of([&] { server_binaries_of(16, {binaries}); }).code() ==
          ErrorCode::version_mismatch);
    std::ofstream(binaries / "postgres") << "";
    CHECK(server_binaries_of(16, {binaries}) == binaries);
    const Error other = error_of([&] { server_binaries_of(17, {binaries}); });
    CHECK(contains(other.what(), "installed are: 16"));
    CHECK(contains(other.hint(), "restore.server_binaries"));
}

TEST_CASE("TimescaleDB's library of the recorded version must be there") {
    const TempDir directory;
    const auto code = [&](const std::string& version) {
        return error_of([&] {
                   require_timescaledb_libraries(with_timescaledb(version), {directory.path()});
               })
            .code();
    };
    CHECK(code("2.19.3") == ErrorCode::version_mismatch);
    std::ofstream(directory.path() / "timescaledb-2.19.3.so") << "";
    CHECK_NOTHROW(
        require_timescaledb_libraries(with_timescaledb("2.19.3"), {"/nowhere", directory.path()}));
    CHECK(code("2.19.4") == ErrorCode::version_mismatch);
    CHECK(code("/../../etc/x") == ErrorCode::version_mismatch);
    CHECK_NOTHROW(require_timescaledb_libraries(with_timescaledb(""), {}));
}

TEST_CASE("a drill's directory is marked, locked and gone afterwards") {
    const TempDir directory;
    const fs::path place = directory.path() / "drills";
    const fs::path path = place / drill_directory_name(backup_id);
    {
        DrillScratch scratch(real_fs(), place, backup_id, std::nullopt);
        CHECK(fs::exists(path / drill_marker));
        fs::create_directories(scratch.data() / "base");
        CHECK(remove_drill_leftovers(real_fs(), place).empty());
        CHECK(error_of([&] {
                  DrillScratch second(real_fs(), place, backup_id, std::nullopt);
              }).code() == ErrorCode::busy);
        CHECK(fs::exists(scratch.data()));
        scratch.remove();
        CHECK_FALSE(fs::exists(path));
        scratch.remove();
    }
    { const DrillScratch scratch(real_fs(), place, backup_id, std::nullopt); }
    CHECK(fs::is_empty(place));
}

TEST_CASE("only what a killed drill left is removed") {
    const TempDir directory;
    const fs::path& place = directory.path();
    const auto make = [&](const std::string& name, const char* file) {
        fs::create_directories(place / name / "data");
        std::ofstream(place / name / file) << "";
    };
    const std::string left = drill_directory_name(backup_id);
    make(left, drill_marker);
    make("drill-cluster_backup_20261124_014224", "somebody's");
    make("drill-mine", drill_marker);
    make("other", drill_marker);
    fs::create_directory_symlink(place / "other", place / "drill-cluster_backup_20261125_014224");
    fs::create_directory(place / "drill-cluster_backup_20261126_014224");  // killed at once
    const auto removed = remove_drill_leftovers(real_fs(), place);
    CHECK(removed == std::vector<std::string>{left, "drill-cluster_backup_20261126_014224"});
    CHECK_FALSE(fs::exists(place / left));
    CHECK(fs::exists(place / "drill-cluster_backup_20261124_014224/data"));
    CHECK(fs::exists(place / "drill-mine/data"));
    CHECK(fs::exists(place / "other/data"));
    CHECK(remove_drill_leftovers(real_fs(), place / "missing").empty());
    CHECK(error_of([&] {
              DrillScratch scratch(real_fs(), place, "cluster_backup_20261124_014224",
                                   std::nullopt);
          }).code() == ErrorCode::target_not_empty);
}

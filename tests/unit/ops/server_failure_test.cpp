// What goes wrong at the server: each failure has its code, and leaves nothing but the earlier
// backup.
#include <functional>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

/// A repository with one good backup, before which later ones fail.
struct FailureScene {
    FailureScene() : server(make_cluster()), repository(ground.open_repository()) {
        const Outcome first = back_up(repository, server, backup_options());
        INFO(first.message());
        REQUIRE(first.ok());
        earlier = first.metadata.id;
    }

    void check_only_earlier_is_there() {
        const std::vector<BackupEntry> listed = repository.list("main");
        REQUIRE(listed.size() == 1);
        CHECK(listed[0].id == earlier);
        CHECK(ground.in_progress().empty());
    }

    void check_earlier_verifies() { check_verifies(repository, earlier); }

    Ground ground;
    SyntheticServer server;
    Repository repository;
    std::string earlier;
};

struct Case {
    const char* what;
    ErrorCode code;
    const char* part;  // of the message
    std::function<void(ServerSettingsAndFaults&)> spoil;
};

void require_failure(const Case& wanted, BackupFormat format) {
    INFO(wanted.what);
    FailureScene scene;
    wanted.spoil(scene.server.settings());
    BackupOptions options = backup_options();
    options.format = format;
    const Outcome outcome = back_up(scene.repository, scene.server, options);
    INFO(outcome.message());
    REQUIRE(outcome.code());
    CHECK(kind_of(*outcome.code()).name == kind_of(wanted.code).name);
    CHECK(contains(outcome.message(), wanted.part));
    scene.check_only_earlier_is_there();
    scene.check_earlier_verifies();
}

const Case refused_before_the_copy[] = {
    {"an unsupported version", ErrorCode::version_mismatch, "PostgreSQL 12",
     [](auto& s) { s.cluster.server_version = 120022; }},
    {"wal_level", ErrorCode::server_settings, "wal_level",
     [](auto& s) { s.wal_level = "minimal"; }},
    {"two sessions on two clusters", ErrorCode::wrong_cluster, "different clusters",
     [](auto& s) { s.wal_session_identifier = 42; }},
    {"another cluster than before", ErrorCode::wrong_cluster, "its backups here are of",
     [](auto& s) {
         SyntheticOptions other;
         other.system_identifier = 42;
         s.cluster = make_cluster(other);
     }},
    {"no slot", ErrorCode::server_settings, "all replication slots are in use",
     [](auto& s) {
         s.slot_error = Error(ErrorCode::server_settings, "all replication slots are in use");
     }},
    {"another timeline than asked before", ErrorCode::wrong_cluster, "timeline 1 to 2",
     [](auto& s) { s.base_backup_timeline = 2; }},
    {"no space", ErrorCode::disk_full, "needed",
     [](auto& s) { s.cluster_kb = std::uint64_t{1} << 45; }},
};

const Case refused_in_the_end[] = {
    {"page checksums after the end position", ErrorCode::page_checksum, "checksum",
     [](auto& s) { s.last_error = Error(ErrorCode::page_checksum, "checksum failures"); }},
    {"a member that did not come", ErrorCode::proof_failed, "'base/1/1234' is missing",
     [](auto& s) { s.cluster.base().files.erase("base/1/1234"); }},
    {"a member too many", ErrorCode::proof_failed, "'base/1/666'",
     [](auto& s) { s.cluster.base().files["base/1/666"] = "x"; }},
    {"a member of another size", ErrorCode::proof_failed, "'global/1262'",
     [](auto& s) { s.cluster.base().files["global/1262"] += "x"; }},
    {"a member with another bit", ErrorCode::proof_failed, "'global/1262'",
     [](auto& s) { s.cluster.base().files["global/1262"][5] ^= 1; }},
    {"a manifest with another bit", ErrorCode::damaged, "backup_manifest",
     [](auto& s) { s.cluster.manifest[100] ^= 1; }},
    {"a manifest of another cluster", ErrorCode::proof_failed, "system identifier",
     [](auto& s) {
         SyntheticCluster& cluster = s.cluster;
         cluster.server_version = 170011;
         cluster.system_identifier = 42;
         cluster.manifest = manifest_of(cluster);
         cluster.system_identifier = SyntheticOptions().system_identifier;
         cluster.wal = wal_of(cluster, synthetic_segment_size);
     }},
    {"a member outside the data directory", ErrorCode::damaged, "../../evil",
     [](auto& s) {
         s.cluster.base().files["../../evil"] = "x";
         s.cluster.manifest = manifest_of(s.cluster);
     }},
    {"lost WAL", ErrorCode::protocol, "WAL", [](auto& s) { s.lost_wal_message = 2; }},
    {"an empty WAL page", ErrorCode::wal_missing, "is empty",
     [](auto& s) { s.cluster.wal.replace(8192, 24, 24, '\0'); }},
    {"WAL of another timeline", ErrorCode::wal_missing, "timeline",
     [](auto& s) { s.cluster.wal[8192 + 4] = 9; }},
    {"WAL of another cluster", ErrorCode::wal_missing, "another cluster",
     [](auto& s) { s.cluster.wal[24] ^= 1; }},
};

}  // namespace

TEST_CASE("a backup that cannot be right is refused before a byte is stored") {
    for (const Case& wanted : refused_before_the_copy) {
        require_failure(wanted, BackupFormat::tar);
    }
}

TEST_CASE("a backup that the server did not deliver whole and right is not kept") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    INFO(to_string(format));
    for (const Case& wanted : refused_in_the_end) {
        require_failure(wanted, format);
    }
}

TEST_CASE("an error at any event of any session ends the backup with that error") {
    const int version = GENERATE(140020, 150018);
    const ErrorCode code = GENERATE(ErrorCode::server_error, ErrorCode::connection);
    FailureScene scene;
    SyntheticOptions source;
    source.server_version = version;
    scene.server.settings().cluster = make_cluster(source);
    scene.server.settings().failure = Error(code, "the server is gone");
    for (const Role role : {Role::data, Role::wal}) {
        scene.server.settings().failing_role = role;
        unsigned event = 1;
        for (;; ++event) {
            INFO("version " << version << ", session " << static_cast<int>(role) << ", event "
                            << event);
            scene.server.settings().failing_event = event;
            const Outcome outcome = back_up(scene.repository, scene.server, backup_options());
            if (!scene.server.failed()) {
                REQUIRE(outcome.ok());
                std::filesystem::remove_all(scene.ground.backup_path(outcome.metadata.id));
                break;
            }
            REQUIRE(outcome.code() == code);
            CHECK(outcome.message() == "the server is gone");
            scene.check_only_earlier_is_there();
        }
        CHECK(event > 10);
    }
    scene.check_earlier_verifies();
}

TEST_CASE("a backup that is cancelled at any event leaves nothing") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    BackupOptions options = backup_options();
    options.format = format;
    FailureScene scene;
    unsigned event = 1;
    for (bool reached = true; reached; ++event) {
        INFO(to_string(format) << ", event " << event);
        std::stop_source stop;
        reached = false;
        scene.server.settings().on_event = [&](unsigned number) {
            if (number == event) {
                reached = true;
                stop.request_stop();
            }
        };
        const Outcome outcome = back_up(scene.repository, scene.server, options, stop.get_token());
        if (reached) {
            REQUIRE(outcome.code() == ErrorCode::cancelled);
            scene.check_only_earlier_is_there();
        } else {
            CHECK(outcome.ok());
            std::filesystem::remove_all(scene.ground.backup_path(outcome.metadata.id));
        }
    }
    CHECK(event > 30);
    scene.check_earlier_verifies();
}

TEST_CASE("a cancelled verify or restore says so and leaves no target") {
    FailureScene scene;
    std::stop_source stop;
    stop.request_stop();
    CHECK(verify(scene.repository, "latest", stop.get_token()).code() == ErrorCode::cancelled);
    const Outcome restored =
        restore(scene.repository, scene.ground.restore_options(), stop.get_token());
    CHECK(restored.code() == ErrorCode::cancelled);
    CHECK_FALSE(std::filesystem::exists(scene.ground.target()));
}

TEST_CASE("a backup of a repository that is not there any more is refused") {
    FailureScene scene;
    const auto marker = scene.ground.repository_path() / "repo.json";
    std::filesystem::rename(marker, scene.ground.path() / "elsewhere");
    const Outcome outcome = back_up(scene.repository, scene.server, backup_options());
    CHECK(outcome.code() == ErrorCode::repository_missing);
    std::filesystem::rename(scene.ground.path() / "elsewhere", marker);
    scene.check_only_earlier_is_there();
}

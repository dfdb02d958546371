// Backups without failures, in every form, and what is made of them by list, verify and restore.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "core/repo/names.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

/// Backs up, lists, verifies, restores; returns the metadata as listed.
Metadata round_trip(Ground& ground, SyntheticServer& server, const BackupOptions& options,
                    const RestoreOptions& restore_options) {
    Repository repository = ground.open_repository();
    const Outcome backup = back_up(repository, server, options);
    INFO(backup.message());
    REQUIRE(backup.ok());
    CHECK(ground.in_progress().empty());
    CHECK(ground.fs.unsynced().empty());

    const std::vector<BackupEntry> listed = repository.list("main");
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].id == backup.metadata.id);
    REQUIRE(listed[0].metadata);

    const Outcome verified = verify(repository, "latest");
    INFO(verified.message());
    REQUIRE(verified.ok());
    INFO(line_with(verified.verified.problems, ""));
    CHECK(verified.verified.problems.empty());
    CHECK(verified.verified.members == listed[0].metadata->member_count);
    CHECK(verified.verified.wal_segments == 1);
    CHECK(verified.verified.stored_bytes > 0);

    const Outcome restored = restore(repository, restore_options);
    INFO(restored.message());
    REQUIRE(restored.ok());
    CHECK(restored.restored.backup_id == backup.metadata.id);
    check_restored(ground.target(), server.settings().cluster);
    CHECK(ground.fs.unsynced().empty());
    return *listed[0].metadata;
}

BackupOptions options_for(BackupFormat format, const std::string& compression) {
    BackupOptions options = backup_options();
    options.format = format;
    options.compression = *parse_compression(compression);
    return options;
}

}  // namespace

TEST_CASE("the manifest has the digests that suit the format, or those that were asked for") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    const DigestKind kind = GENERATE(DigestKind::crc32c, DigestKind::sha256, DigestKind::sha512);
    SyntheticOptions source;
    source.digest_kind = kind;
    Ground ground;
    SyntheticServer server(make_cluster(source));
    BackupOptions options = options_for(format, "lz4");
    options.manifest_checksums = kind;
    round_trip(ground, server, options, ground.restore_options());
    const std::string wanted = "MANIFEST_CHECKSUMS '" + std::string(to_string(kind));
    CHECK_FALSE(line_with(server.commands(), wanted).empty());
}

TEST_CASE("a backup is listed, verifies and restores in every format") {
    const std::string compression = GENERATE("gzip:1", "gzip:0", "zstd:1", "lz4", "none", "plain");
    INFO(compression);
    const bool plain = compression == "plain";
    Ground ground;
    SyntheticServer server(make_cluster());
    const BackupOptions options =
        options_for(plain ? BackupFormat::plain : BackupFormat::tar, plain ? "none" : compression);
    const Metadata metadata = round_trip(ground, server, options, ground.restore_options());

    std::set<std::string> stored;
    for (const StoredFile& file : metadata.files) {
        stored.insert(file.name);
    }
    CHECK(stored.contains(names::restore_notes_file));
    if (plain) {
        CHECK(stored.contains("data/backup_manifest"));
        CHECK(stored.contains(names::sha256_sums_file));
        CHECK(metadata.directories.size() == server.settings().cluster.base().directories.size());
    } else {
        CHECK(stored.contains(names::manifest_file));
        CHECK(stored.contains(names::archive_file("base", options.compression.method)));
        CHECK(stored.contains(names::archive_file("pg_wal", options.compression.method)));
        CHECK(stored.size() == 4);
    }
}

TEST_CASE("what the server compressed is stored as it came, proven, and restores") {
    const std::string compression = GENERATE("server-gzip:1", "server-zstd:3", "server-lz4:1");
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    INFO(compression << ", " << to_string(format));
    Ground ground;
    SyntheticOptions source;
    source.tablespace_location = "/srv/fast";
    SyntheticServer server(make_cluster(source));
    const BackupOptions options = options_for(format, compression);
    RestoreOptions back = ground.restore_options();
    back.tablespace_map["/srv/fast"] = ground.path() / "place";
    const Metadata metadata = round_trip(ground, server, options, back);
    if (format == BackupFormat::plain) return;
    CHECK(metadata.compression == options.compression);
    CHECK(std::ranges::count(metadata.files,
                             names::archive_file("base", options.compression.method),
                             &StoredFile::name) == 1);
}

TEST_CASE("every write of a lowered backup is made by a lowered thread") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    Ground ground;
    SyntheticServer server(make_cluster());
    Repository repository = ground.open_repository();
    BackupOptions options = options_for(format, "lz4");
    options.priority.nice = 7;
    const auto nice_now = [] { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); };
    const int lowered = std::min(nice_now() + 7, 19);
    unsigned writes = 0;  // besides those of the commit
    ground.fs.at_each_call([&](const std::string& call) {
        if (call.starts_with("write") && nice_now() == lowered) ++writes;
    });
    REQUIRE(back_up(repository, server, options).ok());
    CHECK(writes >= (format == BackupFormat::tar ? 3U : 8U));
}

TEST_CASE("every supported server version is backed up and restored") {
    const int version = GENERATE(130023, 140020, 150018, 160009, 170011);
    INFO(version);
    Ground ground;
    SyntheticOptions source;
    source.server_version = version;
    SyntheticServer server(make_cluster(source));
    const Metadata metadata =
        round_trip(ground, server, backup_options(), ground.restore_options());
    CHECK(metadata.server_major() == version / 10000);
}

TEST_CASE("the metadata says where the backup came from") {
    Ground ground;
    SyntheticServer server(make_cluster());
    BackupOptions options = backup_options();
    options.label = "before the migration";
    const Metadata metadata = round_trip(ground, server, options, ground.restore_options());
    const SyntheticCluster& cluster = server.settings().cluster;
    CHECK(metadata.id == "cluster_backup_20261123_000000");
    CHECK(metadata.cluster == "main");
    CHECK(metadata.label == "before the migration");
    CHECK(metadata.job_id == "test");
    CHECK(metadata.server_version_num == cluster.server_version);
    CHECK(metadata.system_identifier == cluster.system_identifier);
    CHECK(metadata.timeline == cluster.timeline);
    CHECK(metadata.start_lsn == cluster.start);
    CHECK(metadata.end_lsn == cluster.end);
    REQUIRE(metadata.wal_ranges.size() == 1);
    CHECK(metadata.wal_ranges[0].end == cluster.end);
    CHECK(metadata.wal_segment_size == synthetic_segment_size);
    CHECK(metadata.member_count == cluster.base().files.size());
    CHECK(metadata.cluster_bytes > synthetic_segment_size);
    REQUIRE(metadata.databases.size() == 1);
    CHECK_FALSE(metadata.databases[0].problem.empty());
}

TEST_CASE("the slot that keeps WAL is made before the backup is asked for") {
    Ground ground;
    SyntheticServer server(make_cluster());
    round_trip(ground, server, backup_options(), ground.restore_options());
    std::vector<std::string> order;
    for (const std::string& command : server.commands()) {
        const std::string verb = command.substr(0, command.find(' '));
        if (verb != "SHOW" && verb != "IDENTIFY_SYSTEM") {
            order.push_back(verb);
        }
    }
    CHECK(order ==
          std::vector<std::string>{"CREATE_REPLICATION_SLOT", "BASE_BACKUP", "START_REPLICATION"});
}

TEST_CASE("a tablespace is restored to its new place and the map says so") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    const int version = GENERATE(140020, 150018);
    INFO(to_string(format) << " " << version);
    Ground ground;
    SyntheticOptions source;
    source.server_version = version;
    source.tablespace_location = "/srv/fast disk";
    SyntheticServer server(make_cluster(source));
    RestoreOptions options = ground.restore_options();
    const std::string place = (ground.path() / "new place").string();
    options.tablespace_map["/srv/fast disk"] = place;

    const Metadata metadata = round_trip(ground, server, options_for(format, "gzip:1"), options);
    REQUIRE(metadata.tablespaces.size() == 1);
    CHECK(metadata.tablespaces[0].location == "/srv/fast disk");
    const auto link = ground.target() / "pg_tblspc" / std::to_string(synthetic_tablespace);
    CHECK(std::filesystem::read_symlink(link) == place);
    CHECK(tree_of(ground.target())["tablespace_map"] == "16385 " + place + "\n");
    CHECK_FALSE(std::filesystem::exists(place + "/tsbackup_restore_in_progress"));
}

TEST_CASE("an in-place tablespace is restored beneath pg_tblspc") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    Ground ground;
    SyntheticOptions source;
    source.tablespace_location = "pg_tblspc/16385";
    SyntheticCluster cluster = make_cluster(source);
    cluster.base().files.erase("tablespace_map");
    cluster.base().links.clear();
    cluster.base().directories.push_back("pg_tblspc/16385");
    cluster.manifest = manifest_of(cluster);
    SyntheticServer server(std::move(cluster));
    round_trip(ground, server, options_for(format, "gzip:1"), ground.restore_options());
    CHECK(std::filesystem::is_directory(ground.target() / "pg_tblspc" / "16385"));
    CHECK_FALSE(std::filesystem::is_symlink(ground.target() / "pg_tblspc" / "16385"));
}

TEST_CASE("a backup of a standby is restored as a primary of its own") {
    Ground ground;
    SyntheticOptions source;
    source.standby = true;
    source.timeline = 2;
    SyntheticServer server(make_cluster(source));
    SyntheticCluster& cluster = server.settings().cluster;
    Repository repository = ground.open_repository();
    const Outcome backup = back_up(repository, server, backup_options());
    INFO(backup.message());
    REQUIRE(backup.ok());
    const Outcome restored = restore(repository, ground.restore_options());
    REQUIRE(restored.ok());
    CHECK_FALSE(line_with(restored.restored.notes, "standby").empty());
    CHECK_FALSE(std::filesystem::exists(ground.target() / "standby.signal"));

    // The segment that was cut short is padded and not marked as archived.
    const std::string segment = wal_segments(cluster).begin()->first;
    const auto tree = tree_of(ground.target());
    REQUIRE(tree.contains("pg_wal/" + segment));
    CHECK(tree.at("pg_wal/" + segment).size() == synthetic_segment_size);
    CHECK_FALSE(tree.contains("pg_wal/archive_status/" + segment + ".done"));
    CHECK(tree.contains("pg_wal/00000002.history"));
}

TEST_CASE("ids grow although the clock stands") {
    Ground ground;
    SyntheticServer server(make_cluster());
    Repository repository = ground.open_repository();
    const Outcome first = back_up(repository, server, backup_options());
    const Outcome second = back_up(repository, server, backup_options());
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(first.metadata.id < second.metadata.id);
    CHECK(repository.list("main").size() == 2);
}

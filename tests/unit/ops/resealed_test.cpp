// A stored backup that was changed by somebody who made its recorded digests fit again: the
// server's manifest and the WAL itself still tell.
#include <fstream>

#include "core/base/error.hpp"
#include "core/io/digest.hpp"
#include "core/repo/names.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

void write_text(const fsys::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// Changes one byte of the file, at the first place where `near` stands or so many bytes after it.
void change_byte(const fsys::path& path, const std::string& near, std::size_t after = 0) {
    std::string text = content_of(path);
    const std::size_t at = text.find(near);
    REQUIRE(at != std::string::npos);
    text[at + after] = static_cast<char>(text[at + after] ^ 1);
    write_text(path, text);
}

/// One backup, uncompressed, whose metadata can be made to fit what is stored.
struct ResealedScene {
    explicit ResealedScene(BackupFormat format, const SyntheticCluster& cluster = make_cluster())
        : server(cluster), repository(ground.open_repository()) {
        BackupOptions options = backup_options();
        options.format = format;
        options.compression = Compression(CompressionMethod::none, 0);
        const Outcome backup = back_up(repository, server, options);
        INFO(backup.message());
        REQUIRE(backup.ok());
        directory = ground.backup_path(backup.metadata.id);
        segment = wal_segments(server.settings().cluster).begin()->first;
    }

    void reseal() const {
        const fsys::path path = directory / names::metadata_file;
        Metadata metadata = decode_metadata(content_of(path));
        std::erase_if(metadata.files,
                      [&](const StoredFile& file) { return !fsys::exists(directory / file.name); });
        for (StoredFile& file : metadata.files) {
            const std::string content = content_of(directory / file.name);
            file.size = content.size();
            file.sha256 = sha256_hex(as_bytes(content));
        }
        write_text(path, encode_metadata(metadata));
    }

    /// Verify names `part`.
    void check_found(const std::string& part) {
        reseal();
        const Outcome verified = verify(repository, "latest");
        INFO(verified.message());
        REQUIRE(verified.ok());
        CHECK_FALSE(line_with(verified.verified.problems, part).empty());
    }

    void check_not_restored() {
        CHECK(restore(repository, ground.restore_options()).code() == ErrorCode::damaged);
        CHECK_FALSE(fsys::exists(ground.target()));
    }

    Ground ground;
    SyntheticServer server;
    Repository repository;
    fsys::path directory;
    std::string segment;  // name of the one WAL segment
};

}  // namespace

TEST_CASE("a backup whose digests fit is good again") {
    ResealedScene scene(BackupFormat::tar);
    scene.reseal();
    check_verifies(scene.repository, "latest");
}

TEST_CASE("a changed member of a resealed archive differs from the manifest") {
    ResealedScene scene(BackupFormat::tar);
    change_byte(scene.directory / "base.tar", "gggg");
    scene.check_found("base.tar: 'global/1262'");
    scene.check_not_restored();
}

TEST_CASE("a changed file of a resealed tree differs from SHA256SUMS") {
    ResealedScene scene(BackupFormat::plain);
    change_byte(scene.directory / "data/global/1262", "gggg");
    scene.check_found("data/global/1262");
    scene.check_not_restored();
}

TEST_CASE("SHA256SUMS that tells of other files than the manifest is noticed") {
    ResealedScene scene(BackupFormat::plain);
    const fsys::path path = scene.directory / names::sha256_sums_file;
    const std::string sums = content_of(path);
    const std::size_t line = sums.find("data/global/1262");
    const std::string more = sums.substr(line - 66, 66) + "data/global/1263\n";
    SECTION("one more") {
        write_text(path, sums + more);
        scene.check_found("'SHA256SUMS': it has more lines than the backup has files");
    }
    SECTION("one less") {
        std::string less = sums;
        write_text(path, less.erase(line - 66, more.size()));
        scene.check_found("SHA256SUMS: 'global/1262' is missing there");
    }
    SECTION("another one, earlier") {
        std::string other = sums;
        other[line + std::string("data/global/126").size()] = '1';
        write_text(path, other);
        scene.check_found("SHA256SUMS: 'global/1261' is not in the manifest");
    }
    SECTION("another one, later") {
        std::string other = sums;
        write_text(path, other.replace(line - 66, more.size(), more));
        scene.check_found("SHA256SUMS: 'global/1262' is missing there");
    }
    SECTION("no sums") {
        write_text(path, "");
        scene.check_found("is missing there");
    }
    scene.check_not_restored();
}

TEST_CASE("a changed manifest contradicts itself however it is sealed") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    ResealedScene scene(format);
    const bool plain = format == BackupFormat::plain;
    change_byte(scene.directory / (plain ? "data/backup_manifest" : "backup_manifest"),
                "\"Size\": ", 8);
    scene.check_found("backup_manifest");
    scene.check_not_restored();
}

TEST_CASE("a manifest of another cluster is noticed") {
    SyntheticOptions options;
    options.server_version = 170011;
    ResealedScene scene(BackupFormat::tar, make_cluster(options));
    options.system_identifier = 42;
    write_text(scene.directory / "backup_manifest", make_cluster(options).manifest);
    scene.check_found("another system identifier");
    scene.check_not_restored();
}

TEST_CASE("WAL that is no WAL is noticed in an archive and in a tree") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    ResealedScene scene(format);
    const std::string second_page =
        scene.server.settings().cluster.wal.substr(8192, 24);  // its header is unique
    const bool plain = format == BackupFormat::plain;
    change_byte(scene.directory / (plain ? "data/pg_wal/" + scene.segment : "pg_wal.tar"),
                second_page);
    scene.check_found("WAL segment '" + scene.segment + "'");
    scene.check_not_restored();
}

TEST_CASE("a WAL segment that is not there is noticed") {
    ResealedScene scene(BackupFormat::plain);
    fsys::remove(scene.directory / "data" / "pg_wal" / scene.segment);
    scene.check_found("WAL segment '" + scene.segment + "' is missing");
    scene.check_not_restored();
}

namespace {

/// The usual cluster, but its pg_control is another cluster's and its manifest says so.
SyntheticCluster with_foreign_control() {
    SyntheticOptions other;
    other.system_identifier = 42;
    SyntheticCluster cluster = make_cluster();
    cluster.base().files["global/pg_control"] =
        make_cluster(other).base().files.at("global/pg_control");
    cluster.manifest = manifest_of(cluster);
    return cluster;
}

const std::string foreign_control =
    "'global/pg_control' is of the cluster with system identifier 42";

}  // namespace

TEST_CASE("a server that sends the pg_control of another cluster has no backup") {
    BackupOptions options = backup_options();
    options.format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    Ground ground;
    Repository repository = ground.open_repository();
    SyntheticServer server(with_foreign_control());
    const Outcome backup = back_up(repository, server, options);
    CHECK(backup.code() == ErrorCode::proof_failed);
    CHECK(contains(backup.message(), foreign_control));
    CHECK(repository.list("main").empty());
}

TEST_CASE("a pg_control of another cluster is found in an archive and not restored") {
    ResealedScene scene(BackupFormat::tar);
    const SyntheticCluster foreign = with_foreign_control();
    write_text(scene.directory / "base.tar", tar_of(foreign.base(), true));
    write_text(scene.directory / "backup_manifest", foreign.manifest);
    scene.check_found(foreign_control);
    scene.check_not_restored();
}

TEST_CASE("a pg_control of another cluster is found in a tree and not restored") {
    ResealedScene scene(BackupFormat::plain);
    const SyntheticCluster foreign = with_foreign_control();
    write_text(scene.directory / "data" / "global" / "pg_control",
               foreign.base().files.at("global/pg_control"));
    write_text(scene.directory / "data" / "backup_manifest", foreign.manifest);
    scene.check_found(foreign_control);
    scene.check_not_restored();
}

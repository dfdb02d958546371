// Where a restore may go and where not, and what it leaves alone.
#include <fstream>

#include "core/base/error.hpp"
#include "core/ops/restore_target.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

struct RestoreScene {
    explicit RestoreScene(const SyntheticOptions& source = {})
        : server(make_cluster(source)), repository(ground.open_repository()) {
        const Outcome backup = back_up(repository, server, backup_options());
        INFO(backup.message());
        REQUIRE(backup.ok());
    }

    Ground ground;
    SyntheticServer server;
    Repository repository;
};

SyntheticOptions with_tablespace(const fsys::path& location) {
    SyntheticOptions source;
    source.tablespace_location = location.string();
    return source;
}

}  // namespace

TEST_CASE("an empty directory is taken as target") {
    RestoreScene scene;
    fsys::create_directory(scene.ground.target());
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    INFO(restored.message());
    REQUIRE(restored.ok());
    check_restored(scene.ground.target(), scene.server.settings().cluster);
}

TEST_CASE("what holds data is read once") {
    RestoreScene scene;
    std::map<std::string, int> opened;
    scene.ground.fs.at_each_call([&](const std::string& call) {
        if (call.starts_with("open '") && contains(call, ".tar")) ++opened[call];
    });
    REQUIRE(restore(scene.repository, scene.ground.restore_options()).ok());
    CHECK(opened ==
          std::map<std::string, int>{{"open 'base.tar.gz'", 1}, {"open 'pg_wal.tar.gz'", 1}});
}

TEST_CASE("a target that holds anything is refused and stays as it is") {
    RestoreScene scene;
    fsys::create_directory(scene.ground.target());
    std::ofstream(scene.ground.target() / "mine") << "precious";
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    CHECK(restored.code() == ErrorCode::target_not_empty);
    CHECK(tree_of(scene.ground.target()) ==
          std::map<std::string, std::string>{{"mine", "precious"}});
}

TEST_CASE("what a killed restore left is replaced") {
    RestoreScene scene;
    fsys::create_directories(scene.ground.target() / "base");
    std::ofstream(scene.ground.target() / "base" / "old") << "x";
    std::ofstream(scene.ground.target() / restore_marker) << "x";
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    INFO(restored.message());
    REQUIRE(restored.ok());
    check_restored(scene.ground.target(), scene.server.settings().cluster);
}

TEST_CASE("a marked directory that was started since is not taken") {
    RestoreScene scene;
    fsys::create_directories(scene.ground.target() / "global");
    std::ofstream(scene.ground.target() / "global" / "pg_control") << "x";
    std::ofstream(scene.ground.target() / restore_marker) << "x";
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    CHECK(restored.code() == ErrorCode::target_not_empty);
    CHECK(fsys::exists(scene.ground.target() / "global" / "pg_control"));
}

TEST_CASE("a directory that another restore fills is busy") {
    RestoreScene scene;
    fsys::create_directory(scene.ground.target());
    const Fd held = scene.ground.fs.open_root(scene.ground.target());
    REQUIRE(scene.ground.fs.try_lock(held.get(), LockKind::exclusive));
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    CHECK(restored.code() == ErrorCode::busy);
    CHECK(fsys::is_empty(scene.ground.target()));
}

TEST_CASE("missing parents of a target are made, and go again when the restore fails") {
    RestoreScene scene;
    RestoreOptions options = scene.ground.restore_options();
    options.target = scene.ground.path() / "no" / "such";
    scene.ground.fs.heal();
    const Outcome restored = restore(scene.repository, options);
    INFO(restored.message());
    CHECK(restored.ok());
    const std::uint64_t calls = scene.ground.fs.calls();
    CHECK(fsys::exists(options.target / "global" / "pg_control"));

    options.target = scene.ground.path() / "other" / "such";
    scene.ground.fs.fail_call(calls / 2, Fault::io_error);
    CHECK_FALSE(restore(scene.repository, options).ok());
    CHECK_FALSE(fsys::exists(scene.ground.path() / "other"));
}

TEST_CASE("a file in the place of the target is refused") {
    RestoreScene scene;
    std::ofstream(scene.ground.target()) << "precious";
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    CHECK(restored.code() == ErrorCode::target_not_empty);
    CHECK(fsys::file_size(scene.ground.target()) == 8);
}

TEST_CASE("a relative target or one with a slash at the end is wrong usage") {
    RestoreScene scene;
    RestoreOptions options = scene.ground.restore_options();
    options.target = "restored";
    CHECK(restore(scene.repository, options).code() == ErrorCode::usage);
    options.target = scene.ground.target() / "";
    CHECK(restore(scene.repository, options).code() == ErrorCode::usage);
}

TEST_CASE("an unknown backup or cluster is not found") {
    RestoreScene scene;
    RestoreOptions options = scene.ground.restore_options();
    options.backup = "cluster_backup_20200101_000000";
    CHECK(restore(scene.repository, options).code() == ErrorCode::not_found);
    options = scene.ground.restore_options();
    options.cluster = "other";
    CHECK(restore(scene.repository, options).code() == ErrorCode::not_found);
    CHECK(verify(scene.repository, "../../main").code() == ErrorCode::not_found);
}

TEST_CASE("an unmapped tablespace whose place exists is refused before anything is made") {
    const TempDir elsewhere;
    std::ofstream(elsewhere.path() / "live") << "x";
    RestoreScene scene(with_tablespace(elsewhere.path()));
    const Outcome restored = restore(scene.repository, scene.ground.restore_options());
    CHECK(restored.code() == ErrorCode::tablespace_unmapped);
    CHECK_FALSE(fsys::exists(scene.ground.target()));
    CHECK(fsys::exists(elsewhere.path() / "live"));
}

TEST_CASE("a mapped tablespace whose new place holds something is refused") {
    const TempDir elsewhere;
    std::ofstream(elsewhere.path() / "mine") << "x";
    RestoreScene scene(with_tablespace("/srv/fast"));
    RestoreOptions options = scene.ground.restore_options();
    options.tablespace_map["/srv/fast"] = elsewhere.path().string();
    const Outcome restored = restore(scene.repository, options);
    CHECK(restored.code() == ErrorCode::target_not_empty);
    CHECK_FALSE(fsys::exists(scene.ground.target()));
    CHECK(fsys::exists(elsewhere.path() / "mine"));
}

TEST_CASE("what a killed restore left of a tablespace is replaced only by one to the same place") {
    RestoreScene scene(with_tablespace("/srv/fast"));
    RestoreOptions options = scene.ground.restore_options();
    const fsys::path place = scene.ground.path() / "place";
    options.tablespace_map["/srv/fast"] = place.string();
    fsys::create_directories(place / "PG_15_202209061");
    std::ofstream(place / restore_marker) << "tsbackup restore to /another/directory\n";
    CHECK(restore(scene.repository, options).code() == ErrorCode::target_not_empty);
    CHECK(fsys::exists(place / "PG_15_202209061"));

    std::ofstream(place / restore_marker)
        << "tsbackup restore to " << options.target.string() << "\n";
    const Outcome restored = restore(scene.repository, options);
    INFO(restored.message());
    REQUIRE(restored.ok());
    check_restored(scene.ground.target(), scene.server.settings().cluster);
}

TEST_CASE("another major version installed here is refused unless asked for") {
    RestoreScene scene;
    RestoreOptions options = scene.ground.restore_options();
    options.any_version = false;
    const fsys::path other = scene.ground.path() / "16" / "bin";
    fsys::create_directories(other);
    std::ofstream(other / "postgres") << "";
    options.server_binaries = {other};
    CHECK(restore(scene.repository, options).code() == ErrorCode::version_mismatch);
    CHECK_FALSE(fsys::exists(scene.ground.target()));
    options.any_version = true;
    const Outcome restored = restore(scene.repository, options);
    CHECK(restored.ok());
    CHECK_FALSE(line_with(restored.restored.notes, "PostgreSQL 15 is needed").empty());
}

TEST_CASE("backup_label is restored byte for byte and pg_control is not startable without it") {
    RestoreScene scene;
    REQUIRE(restore(scene.repository, scene.ground.restore_options()).ok());
    const auto tree = tree_of(scene.ground.target());
    CHECK(tree.at("backup_label") ==
          scene.server.settings().cluster.base().files.at("backup_label"));
    CHECK(tree.at("global/pg_control") !=
          scene.server.settings().cluster.base().files.at("global/pg_control"));
}

// Places where a restore must not write, and owners it must not give files to.
#include <unistd.h>

#include <fstream>

#include "core/base/error.hpp"
#include "core/ops/restore_places.hpp"
#include "core/ops/restore_target.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

void make_file(const fsys::path& file) {
    fsys::create_directories(file.parent_path());
    std::ofstream(file) << "x";
}

TablespacePlan plan(std::uint32_t oid, const fsys::path& place) {
    return {oid, place, 0};
}

/// A directory with a repository and places beside it.
struct RefusalScene {
    RefusalScene() { make_file(repository / "repo.json"); }
    Error refusal(const fsys::path& place, const std::vector<TablespacePlan>& plans = {}) const {
        return error_of([&] { require_safe_places(repository, place, plans); });
    }
    void accept(const fsys::path& place, const std::vector<TablespacePlan>& plans = {}) const {
        CHECK_NOTHROW(require_safe_places(repository, place, plans));
    }
    TempDir directory;
    fsys::path root = fsys::canonical(directory.path());
    fsys::path repository = root / "repository";
    fsys::path target = root / "restored" / "main";
};

}  // namespace

TEST_CASE("nothing is restored into the repository, whatever leads there") {
    const RefusalScene scene;
    fsys::create_directory_symlink(scene.repository, scene.root / "link");
    for (const fsys::path& place :
         {scene.repository, scene.repository / "new", scene.repository / "main/inprogress/x",
          scene.root / "link" / "new"}) {
        CAPTURE(place.string());
        const Error target = scene.refusal(place);
        CHECK(target.code() == ErrorCode::refused);
        CHECK(contains(target.what(), "the repository '" + scene.repository.string() + "'"));
        const Error tablespace = scene.refusal(scene.target, {plan(7, place)});
        CHECK(tablespace.code() == ErrorCode::refused);
        CHECK(contains(tablespace.what(), "cannot restore tablespace 7 to '"));
    }
    scene.accept(scene.root / "repository2");
    scene.accept(scene.root / "new", {plan(7, scene.root / "fast")});
}

TEST_CASE("a repository is known by its marker and, without one, by what it is") {
    const RefusalScene scene;
    make_file(scene.root / "other" / "repo.json");
    CHECK(scene.refusal(scene.root / "other" / "x").code() == ErrorCode::refused);
    fsys::remove(scene.repository / "repo.json");
    CHECK(scene.refusal(scene.repository / "x").code() == ErrorCode::refused);
}

TEST_CASE("nothing is restored into a server's data directory") {
    const RefusalScene scene;
    make_file(scene.root / "pgdata" / "PG_VERSION");
    fsys::create_directory_symlink(scene.root / "pgdata", scene.root / "link");
    for (const fsys::path& place : {scene.root / "pgdata" / "sub",
                                    scene.root / "pgdata" / "a" / "b", scene.root / "link/x"}) {
        const Error error = scene.refusal(place);
        CHECK(error.code() == ErrorCode::refused);
        CHECK(contains(error.what(), "lies in the data directory"));
        CHECK(scene.refusal(scene.target, {plan(7, place)}).code() == ErrorCode::refused);
    }
    // A directory of that name is no such file; and what a killed restore left is replaced.
    fsys::create_directories(scene.root / "own" / "PG_VERSION");
    scene.accept(scene.root / "own" / "x");
    make_file(scene.target / "PG_VERSION");
    scene.accept(scene.target);
}

TEST_CASE("target and tablespaces get a directory each, none within another") {
    const RefusalScene scene;
    fsys::create_directory_symlink(scene.root, scene.root / "link");
    struct Row {
        std::vector<TablespacePlan> plans;
        std::string cause;
    };
    const fsys::path fast = scene.root / "fast";
    const std::vector<Row> rows = {
        {{plan(7, scene.target / "fast")}, ": it lies in the target '"},
        {{plan(7, scene.target)}, ": it is also the target '"},
        {{plan(7, scene.root / "link/restored/main/fast")}, ": it lies in the target '"},
        {{plan(7, scene.target.parent_path())}, ": the target '"},
        {{plan(7, fast), plan(8, fast)}, ": it is also the place of tablespace 7"},
        {{plan(7, fast), plan(8, scene.root / "link/fast")}, ": it is also the place of tabl"},
        {{plan(7, fast), plan(8, fast / "x")}, ": it lies in the place of tablespace 7"},
        {{plan(7, fast / "x"), plan(8, fast)}, ": the place of tablespace 7 lies in it"},
    };
    for (const Row& row : rows) {
        const Error error = scene.refusal(scene.target, row.plans);
        CHECK(error.code() == ErrorCode::refused);
        INFO(error.what());
        CHECK(contains(error.what(), row.cause));
        CHECK(contains(error.hint(), "--tablespace-map"));
    }
    scene.accept(scene.target, {plan(7, fast), plan(8, scene.root / "fast2"), plan(9, {})});
}

TEST_CASE("a place that cannot be looked at is told in our words") {
    const RefusalScene scene;
    const Error error = scene.refusal(scene.root / std::string(300, 'x'));
    CHECK(error.code() == ErrorCode::io);
    CHECK(contains(error.what(), "cannot restore to '" + scene.root.string()));
    CHECK(contains(error.what(), "': File name too long"));
    CHECK(scene.refusal(scene.root / "no" / ".." / "x").code() == ErrorCode::usage);
}

TEST_CASE("a restore into the repository or a data directory is refused and changes nothing") {
    Ground ground;
    SyntheticServer server(make_cluster({}));
    Repository repository = ground.open_repository();
    REQUIRE(back_up(repository, server, backup_options()).ok());
    make_file(ground.path() / "pgdata" / "PG_VERSION");
    RestoreOptions options = ground.restore_options();
    for (const char* place : {"repository/main/inprogress/x", "repository/new", "pgdata/sub"}) {
        options.target = ground.path() / place;
        CHECK(restore(repository, options).code() == ErrorCode::refused);
        CHECK_FALSE(fsys::exists(options.target));
    }
    options.target = ground.path() / std::string(300, 'x');
    CHECK(contains(restore(repository, options).message(), "': File name too long"));
}

TEST_CASE("a target that cannot be opened is told by its whole path") {
    const TempDir directory;
    make_file(directory.path() / "file");
    const fsys::path below = directory.path() / "file" / "new";
    const Error error =
        error_of([&] { const RestoreTarget target(real_fs(), below, below, std::nullopt); });
    CHECK(contains(error.what(), "cannot restore to '" + below.string() + "': "));
    const fsys::path long_name = directory.path() / std::string(300, 'x');
    const Error too_long = error_of(
        [&] { const RestoreTarget target(real_fs(), long_name, long_name, std::nullopt); });
    CHECK(contains(too_long.what(), "File name too long"));
    CHECK_FALSE(contains(too_long.what(), "filesystem error"));
}

TEST_CASE("a map of an unknown place lists those that there are") {
    Metadata metadata;
    metadata.id = "b";
    metadata.tablespaces.resize(2);
    metadata.tablespaces[0].location = "/no/such/fast";
    metadata.tablespaces[1].location = "/no/such/slow";
    RestoreOptions options;
    options.tablespace_map["/no/such/quick"] = "/new";
    const Error error = error_of([&] { plan_tablespaces(metadata, options); });
    CHECK(error.code() == ErrorCode::usage);
    CHECK(error.hint() == "its tablespaces are at: '/no/such/fast', '/no/such/slow'");
    metadata.tablespaces.clear();
    CHECK(error_of([&] { plan_tablespaces(metadata, options); }).hint() == "it has no tablespaces");
}

TEST_CASE("who is not root gives files to nobody else") {
    const TempDir directory;
    Identity self;
    self.uid = 1000;
    self.groups = {1000, 50};
    RestoreOptions options;
    options.target = directory.path() / "new";
    CHECK_FALSE(restore_owner(real_fs(), options, self));
    for (const FileOwner& owner : {FileOwner{0, 0}, FileOwner{1001, 1000}, FileOwner{1000, 60}}) {
        options.owner = owner;
        const Error error = error_of([&] { restore_owner(real_fs(), options, self); });
        CHECK(error.code() == ErrorCode::refused);
    }
    options.owner = FileOwner{1000, 50};
    const std::optional<FileOwner> own = restore_owner(real_fs(), options, self);
    REQUIRE(own);
    CHECK(own->gid == 50);
    CHECK(own_identity().uid == geteuid());
    CHECK(own_identity().groups.back() == getegid());
}

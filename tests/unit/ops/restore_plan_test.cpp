// What a plan says of a restore, and that it does nothing.
#include "core/ops/restore_plan.hpp"

#include <sys/stat.h>

#include <fstream>

#include "core/ops/restore_target.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace fsys = std::filesystem;

namespace {

/// A repository with one backup.
struct PlanScene {
    explicit PlanScene(const SyntheticOptions& source = {})
        : server(make_cluster(source)), repository(ground.open_repository()) {
        const Outcome taken = back_up(repository, server, backup_options());
        REQUIRE(taken.ok());
        metadata = taken.metadata;
    }
    RestorePlan plan(const RestoreOptions& options) { return plan_restore(repository, options); }
    std::vector<std::string> refusals(const RestoreOptions& options) {
        std::vector<std::string> messages;
        for (const Error& refusal : plan(options).refusals) messages.emplace_back(refusal.what());
        return messages;
    }

    Ground ground;
    SyntheticServer server;
    Repository repository;
    Metadata metadata;
};

}  // namespace

TEST_CASE("a plan tells what a restore would do, and does none of it") {
    PlanScene scene;
    const auto before = tree_of(scene.ground.path());
    const RestorePlan plan = scene.plan(scene.ground.restore_options());
    CHECK(plan.refusals.empty());
    CHECK(plan.backup_id == scene.metadata.id);
    CHECK(plan.target == scene.ground.target());
    CHECK(plan.metadata->cluster_bytes == scene.metadata.cluster_bytes);
    CHECK(plan.tablespaces.size() == scene.metadata.tablespaces.size());
    std::uint64_t needed = 0;
    for (const SpaceNeed& need : plan.space) {
        CHECK(need.free_bytes > need.needed_bytes);
        CHECK(fsys::is_directory(need.directory));
        needed += need.needed_bytes;
    }
    CHECK(needed >= scene.metadata.cluster_bytes);
    CHECK(tree_of(scene.ground.path()) == before);
    CHECK_FALSE(fsys::exists(scene.ground.target()));
    // What is planned is what is done.
    CHECK(restore(scene.repository, scene.ground.restore_options()).ok());
}

TEST_CASE("a plan names everything that stands against the restore, not only the first") {
    PlanScene scene;
    RestoreOptions options = scene.ground.restore_options();
    fsys::create_directory(options.target);
    std::ofstream(options.target / "PG_VERSION") << "15";
    options.tablespace_map["/no/such/place"] = "/elsewhere";
    const std::vector<std::string> refusals = scene.refusals(options);
    CHECK(!line_with(refusals, "the directory is not empty").empty());
    CHECK(!line_with(refusals, "it has no tablespace at '/no/such/place'").empty());
    const Outcome done = restore(scene.repository, options);
    CHECK_FALSE(done.ok());
}

TEST_CASE("each refusal of a plan is one of the restore as well") {
    PlanScene scene;
    const std::string archive = scene.metadata.files.front().name;
    const fsys::path stored = scene.ground.backup_path(scene.metadata.id) / archive;
    RestoreOptions inside = scene.ground.restore_options();
    inside.target = scene.ground.repository_path() / "here";
    RestoreOptions file = scene.ground.restore_options();
    file.target = scene.ground.path() / "file";
    std::ofstream(file.target) << "x";
    for (const RestoreOptions& options : {inside, file}) {
        const RestorePlan plan = scene.plan(options);
        REQUIRE(plan.refusals.size() == 1);
        const Outcome done = restore(scene.repository, options);
        CHECK(done.code() == plan.refusals.front().code());
        CHECK(done.message() == plan.refusals.front().what());
    }
    fsys::resize_file(stored, fsys::file_size(stored) - 1);
    const RestorePlan plan = scene.plan(scene.ground.restore_options());
    REQUIRE(plan.refusals.size() == 1);
    CHECK(plan.refusals.front().code() == ErrorCode::damaged);
    CHECK(restore(scene.repository, scene.ground.restore_options()).code() == ErrorCode::damaged);
}

TEST_CASE("a plan looks at the places of tablespaces as the restore does") {
    SyntheticOptions source;
    source.tablespace_location = "/no/such/tablespace";
    PlanScene scene(source);
    RestoreOptions options = scene.ground.restore_options();
    const fsys::path place = scene.ground.path() / "fast";
    options.tablespace_map[source.tablespace_location] = place.string();
    CHECK(scene.plan(options).refusals.empty());
    fsys::create_directory(place);
    CHECK(scene.plan(options).refusals.empty());
    std::ofstream(place / "somebody's") << "x";
    const RestorePlan plan = scene.plan(options);
    REQUIRE(plan.refusals.size() == 1);
    const Outcome done = restore(scene.repository, options);
    CHECK(done.code() == plan.refusals.front().code());
    CHECK(done.message() == plan.refusals.front().what());
}

TEST_CASE("a plan tells that another restore fills the target") {
    PlanScene scene;
    const RestoreOptions options = scene.ground.restore_options();
    const RestoreTarget other(scene.ground.fs, options.target, options.target, {});
    const RestorePlan plan = scene.plan(options);
    REQUIRE(plan.refusals.size() == 1);
    CHECK(plan.refusals.front().code() == ErrorCode::busy);
}

TEST_CASE("what a killed restore left is no obstacle to a plan") {
    PlanScene scene;
    const RestoreOptions options = scene.ground.restore_options();
    fsys::create_directory(options.target);
    std::ofstream(options.target / "tsbackup_restore_in_progress") << "x";
    std::ofstream(options.target / "half") << "x";
    CHECK(scene.plan(options).refusals.empty());
    CHECK(fsys::exists(options.target / "half"));
}

TEST_CASE("a plan for a backup that is not there is an error, not a plan") {
    PlanScene scene;
    RestoreOptions options = scene.ground.restore_options();
    options.backup = "cluster_backup_20200101_000000";
    CHECK(error_of([&] { scene.plan(options); }).code() == ErrorCode::not_found);
}

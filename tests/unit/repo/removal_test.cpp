// Taking a backup away (I3): what stands against it, and that it is whole or gone whatever fails.
#include <algorithm>
#include <fstream>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/repo/fault_loop.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

namespace {

using Names = std::vector<std::string>;
constexpr const char* kept = "cluster_backup_20261123_010000";
constexpr const char* removed = "cluster_backup_20261123_020000";

/// Both have notes; `kept` is pinned.
void make_kept_and_removed(Scene& scene) {
    Repository& repository = *scene.repository;
    make_backup(repository, "main", "2026-11-23T01:00:00Z");
    make_backup(repository, "main", "2026-11-23T02:00:00Z");
    repository.set_pin("main", kept, {"mine", 7, SystemTime()});
    repository.record_verification("main", removed, {});
}

void check_gone(Scene& scene) {
    CHECK(scene.ids("main") == Names{kept});
    CHECK(scene.names_in("main/backups") == Names{kept});
    CHECK(scene.names_in("main/trash").empty());
    CHECK(scene.names_in("main/notes") == Names{std::string(kept) + ".json"});
}

ErrorCode code_of_removal(Scene& scene, const std::string& cluster, const std::string& id) {
    return error_of([&] { scene.repository->remove_backup(cluster, id); }).code();
}

/// What must hold however the removal of `removed` ended.
void check_whole_or_gone(Scene& scene, End end, Moment moment) {
    CHECK(problem_of(*scene.repository, "main", kept) == "");
    CHECK(scene.repository->notes("main", kept).pin);
    for (const BackupEntry& entry : scene.repository->list("main")) CHECK(entry.good());
    const Names ids = scene.ids("main");
    const bool listed = std::ranges::count(ids, removed) == 1;
    if (end == End::success || end == End::uncertain) CHECK_FALSE(listed);
    if (listed) {
        CHECK(problem_of(*scene.repository, "main", removed) == "");
        CHECK(scene.repository->notes("main", removed).verification);
        if (moment == Moment::at_end) return;
        CHECK_FALSE(scene.repository->in_use("main", removed));
        CHECK(scene.repository->remove_backup("main", removed) > 0);
    }
    if (moment == Moment::after_restart) check_gone(scene);
}

}  // namespace

TEST_CASE("a removed backup is gone with its notes, and says how much it had stored") {
    Scene scene;
    make_kept_and_removed(scene);
    const std::uint64_t stored = scene.repository->newest_good("main")->stored_bytes;
    REQUIRE(stored > 0);
    CHECK(scene.repository->remove_backup("main", removed) == stored);
    check_gone(scene);
    CHECK(problem_of(*scene.repository, "main", kept) == "");
    CHECK(scene.fs.unsynced().empty());
    CHECK(scene.repository->recover().empty());
    CHECK(code_of_removal(scene, "main", removed) == ErrorCode::not_found);
}

TEST_CASE("what is no backup cannot be removed") {
    Scene scene;
    make_kept_and_removed(scene);
    std::ofstream(scene.path / "main" / "backups" / "cluster_backup_20261123_030000") << "a file";
    stdfs::create_directory_symlink(
        removed, scene.path / "main" / "backups" / "cluster_backup_20261123_040000");
    for (const char* id : {"cluster_backup_20261123_050000", "cluster_backup_20261123_030000",
                           "cluster_backup_20261123_040000", "latest", "", "..", "../trash"}) {
        CAPTURE(id);
        CHECK(code_of_removal(scene, "main", id) == ErrorCode::not_found);
        CHECK(error_of([&] { scene.repository->in_use("main", id); }).code() ==
              ErrorCode::not_found);
    }
    CHECK(code_of_removal(scene, "other", removed) == ErrorCode::not_found);
    CHECK(scene.ids("main") == Names{kept, removed});
}

TEST_CASE("a pinned backup is not removed before its pin is") {
    Scene scene;
    make_kept_and_removed(scene);
    const Error refused = error_of([&] { scene.repository->remove_backup("main", kept); });
    CHECK(refused.code() == ErrorCode::refused);
    CHECK(std::string(refused.what()).ends_with("it is kept: mine"));
    CHECK(problem_of(*scene.repository, "main", kept) == "");
    scene.repository->clear_pin("main", kept);
    scene.repository->remove_backup("main", kept);
    CHECK(scene.ids("main") == Names{removed});
}

TEST_CASE("a backup that somebody reads is in use and not removed") {
    Scene scene;
    make_kept_and_removed(scene);
    Repository reader = Repository::open(scene.fs, scene.path);
    {
        const BackupHandle handle = reader.open_backup("main", removed);
        CHECK(scene.repository->in_use("main", removed));
        CHECK_FALSE(scene.repository->in_use("main", kept));
        const Error busy = error_of([&] { scene.repository->remove_backup("main", removed); });
        CHECK(busy.code() == ErrorCode::busy);
        CHECK(std::string(busy.what()).ends_with("it is in use"));
        CHECK(problem_of(*scene.repository, "main", removed) == "");
    }
    CHECK_FALSE(scene.repository->in_use("main", removed));
    scene.repository->remove_backup("main", removed);
    check_gone(scene);
}

TEST_CASE("nobody can begin to read a backup that is being removed") {
    Scene scene;
    make_kept_and_removed(scene);
    Repository reader = Repository::open(real_fs(), scene.path);
    int looks = 0;
    scene.fs.at_each_call([&](const std::string& call) {
        if (!call.starts_with("rename")) return;
        ++looks;
        CHECK(error_of([&] { reader.open_backup("main", removed); }).code() == ErrorCode::busy);
        CHECK(reader.in_use("main", removed));
    });
    scene.repository->remove_backup("main", removed);
    scene.fs.heal();
    CHECK(looks == 1);
    check_gone(scene);
}

TEST_CASE("a broken backup is removed like any other") {
    Scene scene;
    make_kept_and_removed(scene);
    std::ofstream(scene.path / "main" / "backups" / removed / "metadata.json") << "{}";
    REQUIRE_FALSE(scene.repository->list("main").at(1).good());
    CHECK(scene.repository->remove_backup("main", removed) == 0);
    check_gone(scene);
}

TEST_CASE("a removal writes nothing and makes nothing, so a full disk does not stop it") {
    Scene scene;
    make_kept_and_removed(scene);
    stdfs::create_directories(scene.path / "main" / "trash" / removed / "data");
    std::uint64_t calls = 0;
    scene.fs.at_each_call([&](const std::string& call) {
        CAPTURE(call);
        CHECK_FALSE(call.starts_with("create"));
        CHECK_FALSE(call.starts_with("write"));
        ++calls;
    });
    scene.repository->remove_backup("main", removed);
    scene.fs.heal();
    CHECK(calls > 20);
    check_gone(scene);
}

TEST_CASE("a removed backup is whole or gone, whatever fails (I3)") {
    set_up_log(LogLevel::error);
    Loop loop;
    loop.prepare = make_kept_and_removed;
    loop.attempt = [](Scene& scene) { scene.repository->remove_backup("main", removed); };
    loop.check = check_whole_or_gone;
    run_loops(loop);
}

TEST_CASE("a removal that finds the rest of an earlier one finishes both, whatever fails") {
    set_up_log(LogLevel::error);
    Loop loop;
    loop.prepare = [](Scene& scene) {
        make_kept_and_removed(scene);
        const stdfs::path rest = scene.path / "main" / "trash" / removed;
        stdfs::create_directories(rest / "data");
        stdfs::copy_file(scene.path / "repo.json", rest / "data" / "file");
    };
    loop.attempt = [](Scene& scene) { scene.repository->remove_backup("main", removed); };
    loop.check = check_whole_or_gone;
    run_loops(loop);
}

TEST_CASE("recovery finishes a removal that was cut off anywhere, whatever fails then") {
    // The removal dies right behind its rename, before anything of it is durable.
    Loop loop;
    loop.prepare = [](Scene& scene) {
        make_kept_and_removed(scene);
        bool renamed = false;
        scene.fs.at_each_call([&](const std::string& call) {
            if (renamed) throw Crashed();
            renamed = call.starts_with("rename");
        });
        REQUIRE(run([&] { scene.repository->remove_backup("main", removed); }) == End::crash);
        scene.fs.heal();
        scene.reopen();
        REQUIRE(scene.names_in("main/trash") == Names{removed});
    };
    loop.attempt = [](Scene& scene) { scene.repository->recover(); };
    loop.check = [](Scene& scene, End, Moment moment) {
        check_whole_or_gone(scene, End::crash, moment);
    };
    run_loops(loop);
}

TEST_CASE("the id of a backup whose notes could not be removed is not given again") {
    Scene scene;
    make_kept_and_removed(scene);
    std::uint64_t removals = 0;
    scene.fs.at_each_call([&](const std::string& call) {
        if (call.starts_with("remove 'cluster_backup_") && call.ends_with(".json'")) {
            ++removals;
            throw Error(ErrorCode::io, "cannot remove the notes");
        }
    });
    CHECK(scene.repository->remove_backup("main", removed) > 0);
    scene.fs.heal();
    CHECK(removals == 1);
    CHECK(scene.names_in("main/notes").size() == 2);
    CHECK(make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z").id ==
          "cluster_backup_20261123_020001");
    scene.repository->recover();
    CHECK(scene.names_in("main/notes").size() == 1);
}

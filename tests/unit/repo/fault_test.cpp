// Each operation with its file-system call 1, 2, ... failing, in every way: nothing partial is ever
// listed, and an earlier backup stays listed and readable.
#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/repo/fault_loop.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

namespace {

constexpr const char* earlier = "cluster_backup_20261123_010000";
constexpr const char* later = "cluster_backup_20261123_020000";

bool holds(const std::vector<std::string>& list, const std::string& element) {
    return std::find(list.begin(), list.end(), element) != list.end();
}

/// What must hold however a backup ended.
void check_repository(Scene& scene, End end) {
    CHECK(problem_of(*scene.repository, "main", earlier) == "");
    for (const BackupEntry& entry : scene.repository->list("main")) {
        CHECK(entry.problem == "");
        CHECK(problem_of(*scene.repository, "main", entry.id) == "");
    }
    const bool listed = holds(scene.ids("main"), later);
    if (end == End::success || end == End::uncertain) CHECK(listed);
    if (end == End::failure) CHECK_FALSE(listed);
    CHECK(scene.names_in("main/inprogress").empty());
    CHECK(scene.fs.synced_after_failure().empty());
}

/// Returns false when the fault was not reached.
bool back_up_with_fault(std::uint64_t number, Fault fault, bool power_cut) {
    Scene scene;
    make_backup(*scene.repository, "main", "2026-11-23T01:00:00Z");
    scene.fs.fail_call(number, fault);
    const End end = run([&] { make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z"); });
    const bool fired = scene.fs.fired();
    INFO("call " << number << " (" << scene.fs.faulty_call() << "), " << to_string(fault));
    scene.fs.heal();

    if (end != End::crash) check_repository(scene, end);
    if (end == End::crash || power_cut) {
        scene.repository.reset();
        if (power_cut) scene.fs.lose_unsynced();
        scene.reopen();
        scene.repository->recover();
        // After a power cut only what was reported as done must be there; the rest may.
        check_repository(scene, power_cut && end == End::uncertain ? End::crash : end);
        CHECK(scene.repository->recover().empty());
    }
    CHECK(run([&] { make_backup(*scene.repository, "main", "2026-11-23T02:00:01Z"); }) ==
          End::success);
    return fired;
}

}  // namespace

TEST_CASE("a backup survives any one failing call") {
    set_up_log(LogLevel::error);
    for (Fault fault : all_faults) {
        std::uint64_t number = 1;
        while (back_up_with_fault(number, fault, false)) ++number;
        CHECK(number > 50);
    }
}

TEST_CASE("a backup survives a power cut after any call") {
    for (Fault fault : {Fault::io_error, Fault::crash}) {
        std::uint64_t number = 1;
        while (back_up_with_fault(number, fault, true)) ++number;
        CHECK(number > 50);
    }
}

TEST_CASE("an abort that fails lists nothing and is finished by the next start") {
    for (Fault fault : all_faults) {
        bool fired = true;
        for (std::uint64_t number = 1; fired; ++number) {
            Scene scene;
            make_backup(*scene.repository, "main", "2026-11-23T01:00:00Z");
            {
                BackupDraft draft(*scene.repository, "main", from_iso8601("2026-11-23T02:00:00Z"));
                scene.fs.make_directory(draft.directory(), "data", 0700);
                write_new_file(scene.fs, draft.directory(), "data/file", as_bytes("half"));
                scene.fs.fail_call(number, fault);
                run([&] { draft.abort(); });
            }
            fired = scene.fs.fired();
            INFO("call " << number << " (" << scene.fs.faulty_call() << "), " << to_string(fault));
            scene.fs.heal();
            CHECK(scene.ids("main") == std::vector<std::string>{earlier});
            scene.reopen();
            scene.repository->recover();
            check_repository(scene, End::failure);
        }
    }
}

TEST_CASE("recovery survives any failing call and says what it did once") {
    for (Fault fault : all_faults) {
        bool fired = true;
        for (std::uint64_t number = 1; fired; ++number) {
            Scene scene;
            make_backup(*scene.repository, "main", "2026-11-23T01:00:00Z");
            for (const char* leftover : {"inprogress/cluster_backup_20261123_020000/data/base",
                                         "trash/cluster_backup_20261122_010000/data"}) {
                const stdfs::path directory = scene.path / "main" / leftover;
                stdfs::create_directories(directory);
                stdfs::copy_file(scene.path / "repo.json", directory / "file");
            }
            scene.fs.fail_call(number, fault);
            run([&] { scene.repository->recover(); });
            fired = scene.fs.fired();
            INFO("call " << number << " (" << scene.fs.faulty_call() << "), " << to_string(fault));
            scene.fs.heal();
            scene.reopen();
            scene.repository->recover();
            check_repository(scene, End::failure);
            CHECK(scene.names_in("main/trash").empty());
            CHECK(scene.repository->recover().empty());
            const std::vector<JobRecord> history = scene.repository->history("main");
            // One record; none only where the failing call was the recording itself.
            CHECK(history.size() <= 1);
            if (fault == Fault::crash || fault == Fault::short_write || !fired) {
                REQUIRE(history.size() == 1);
                CHECK(history[0].outcome == "interrupted");
                CHECK(history[0].backup_id == later);
            }
        }
    }
}

TEST_CASE("making a repository leaves none or a whole one, and can be tried again") {
    for (Fault fault : all_faults) {
        bool fired = true;
        for (std::uint64_t number = 1; fired; ++number) {
            const TempDir temp;
            const stdfs::path path = temp.path() / "r";
            FaultFs fs;
            fs.fail_call(number, fault);
            const End end = run([&] { Repository::create(fs, path); });
            fired = fs.fired();
            INFO("call " << number << " (" << fs.faulty_call() << "), " << to_string(fault));
            fs.heal();
            if (end == End::crash) fs.lose_unsynced();
            const bool there = stdfs::exists(path / "repo.json");
            if (end == End::success) CHECK(there);
            if (!there) CHECK_NOTHROW(Repository::create(fs, path));
            CHECK_NOTHROW(Repository::open(fs, path));
        }
    }
}

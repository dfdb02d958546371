// Pins, verifications and drills beside the backups, and listings with them.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/repo/fault_loop.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

namespace {

using Names = std::vector<std::string>;
constexpr const char* first = "cluster_backup_20261123_010000";
constexpr const char* second = "cluster_backup_20261123_020000";

Pin pin(const std::string& reason) {
    return {reason, 1000, noon};
}

VerificationResult found(VerificationOutcome outcome, const std::string& problems = "") {
    return {noon, outcome, problems, "job-1"};
}

void make_two(Scene& scene) {
    make_backup(*scene.repository, "main", "2026-11-23T01:00:00Z");
    make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z");
}

stdfs::path notes_path(const Scene& scene, const std::string& id) {
    return scene.path / "main" / "notes" / (id + ".json");
}

BackupEntry entry_of(Scene& scene, const std::string& id) {
    for (BackupEntry& entry : scene.repository->list("main")) {
        if (entry.id == id) return std::move(entry);
    }
    FAIL("not listed: " << id);
    return {};
}

void copy_notes(const stdfs::path& from, const stdfs::path& to) {
    stdfs::copy_file(from, to, stdfs::copy_options::overwrite_existing);
}

}  // namespace

TEST_CASE("pin, verification and drill are kept beside the backup and change by themselves") {
    Scene scene;
    make_two(scene);
    Repository& repository = *scene.repository;
    CHECK(repository.notes("main", first) == BackupNotes());
    repository.set_pin("main", first, pin("a"));
    repository.record_verification("main", first, found(VerificationOutcome::good));
    repository.record_drill("main", first, drilled("is odd"));
    repository.set_pin("main", first, pin("b"));
    repository.record_drill("main", first, drilled());
    const BackupNotes notes = repository.notes("main", first);
    CHECK(notes.pin == pin("b"));
    CHECK(notes.verification == found(VerificationOutcome::good));
    CHECK(notes.drill == drilled());
    CHECK(entry_of(scene, first).notes == notes);
    CHECK(entry_of(scene, second).notes == BackupNotes());
    CHECK(scene.names_in("main/notes") == Names{std::string(first) + ".json"});
    CHECK((stdfs::status(notes_path(scene, first)).permissions() & stdfs::perms::mask) ==
          (stdfs::perms::owner_read | stdfs::perms::owner_write));
    CHECK(scene.fs.unsynced().empty());
    CHECK(problem_of(repository, "main", first) == "");

    repository.clear_pin("main", first);
    CHECK(repository.notes("main", first).verification == notes.verification);
    CHECK(repository.notes("main", first).drill == notes.drill);
    CHECK_FALSE(entry_of(scene, first).notes.pinned());
    CHECK_NOTHROW(repository.clear_pin("main", second));
    CHECK(scene.names_in("main/notes").size() == 1);
}

TEST_CASE("a pin survives a restart and its recovery") {
    Scene scene;
    make_two(scene);
    scene.repository->set_pin("main", first, pin("a"));
    scene.repository.reset();
    scene.fs.lose_unsynced();
    scene.reopen();
    CHECK(scene.repository->recover().empty());
    CHECK(entry_of(scene, first).notes.pin == pin("a"));
}

TEST_CASE("taking the last note away removes the file, for which no space is needed") {
    Scene scene;
    make_two(scene);
    scene.repository->set_pin("main", first, pin("a"));
    scene.fs.at_each_call([](const std::string& call) {
        CAPTURE(call);
        CHECK_FALSE(call.starts_with("create"));
        CHECK_FALSE(call.starts_with("write"));
    });
    scene.repository->clear_pin("main", first);
    scene.fs.heal();
    CHECK(scene.names_in("main/notes").empty());
    CHECK(scene.fs.unsynced().empty());
}

TEST_CASE("there are no notes of what is no backup, and no endless reason") {
    Scene scene;
    make_two(scene);
    Repository& repository = *scene.repository;
    for (const char* id : {"cluster_backup_20261123_030000", "latest", "../x", ""}) {
        CAPTURE(id);
        const auto code = [](auto call) { return error_of(call).code(); };
        CHECK(code([&] { repository.notes("main", id); }) == ErrorCode::not_found);
        CHECK(code([&] { repository.set_pin("main", id, pin("")); }) == ErrorCode::not_found);
        CHECK(code([&] { repository.clear_pin("main", id); }) == ErrorCode::not_found);
        CHECK(code([&] { repository.record_verification("main", id, {}); }) ==
              ErrorCode::not_found);
        CHECK(code([&] { repository.record_drill("main", id, {}); }) == ErrorCode::not_found);
    }
    CHECK(error_of([&] { repository.set_pin("none", first, pin("")); }).code() ==
          ErrorCode::not_found);
    CHECK(repository.clusters() == Names{"main"});
    CHECK(error_of([&] {
              repository.set_pin("main", first, pin(std::string(1001, 'x')));
          }).code() == ErrorCode::usage);
    CHECK(scene.names_in("main/notes").empty());
}

TEST_CASE("a backup found damaged is not good until a verification finds it so") {
    Scene scene;
    make_two(scene);
    Repository& repository = *scene.repository;
    repository.record_verification("main", second,
                                   found(VerificationOutcome::damaged, "base.tar differs"));
    const BackupEntry entry = entry_of(scene, second);
    CHECK(entry.metadata);
    CHECK_FALSE(entry.good());
    CHECK(entry.why_not_good() ==
          "the verification of 2026-11-23T12:00:00Z found it damaged: base.tar differs");
    CHECK(repository.newest_good("main")->id == first);
    const Error refused = error_of([&] { repository.open_backup("main", "latest"); });
    CHECK(refused.code() == ErrorCode::damaged);
    CHECK(std::string(refused.what()).find("base.tar differs") != std::string::npos);
    CHECK(repository.open_backup("main", second).id == second);  // to verify it again

    repository.record_verification("main", second, found(VerificationOutcome::good));
    CHECK(entry_of(scene, second).good());
    CHECK(entry_of(scene, second).why_not_good().empty());
    CHECK(repository.newest_good("main")->id == second);
    CHECK(repository.open_backup("main", "latest").id == second);
}

TEST_CASE("a cluster of an earlier version has no notes until it gets some") {
    Scene scene;
    make_two(scene);
    stdfs::remove(scene.path / "main" / "notes");
    CHECK(scene.ids("main") == Names{first, second});
    CHECK(scene.repository->notes("main", first) == BackupNotes());
    CHECK(scene.repository->recover().empty());
    CHECK_NOTHROW(scene.repository->clear_pin("main", first));
    scene.repository->set_pin("main", first, pin("a"));
    CHECK(entry_of(scene, first).notes.pin == pin("a"));
    CHECK(scene.fs.unsynced().empty());
}

TEST_CASE("notes that cannot be read are told of, count as a pin and hide no backup") {
    Scene scene;
    make_two(scene);
    Repository& repository = *scene.repository;
    repository.set_pin("main", first, pin("a"));
    repository.record_verification("main", second, found(VerificationOutcome::good));
    REQUIRE(entry_of(scene, first).notes.problem.empty());  // remembered while they were good
    const stdfs::path path = notes_path(scene, first);
    bool can_be_replaced = true;
    SECTION("empty") {
        std::ofstream(path, std::ios::trunc);
    }
    SECTION("garbage") {
        std::ofstream(path) << "\xFF\x00garbage";
    }
    SECTION("torn") {
        stdfs::resize_file(path, stdfs::file_size(path) / 2);
    }
    SECTION("huge") {
        stdfs::resize_file(path, 1 << 20);
    }
    SECTION("deep") {
        std::ofstream(path) << std::string(60000, '[');
    }
    SECTION("those of another backup") {
        copy_notes(notes_path(scene, second), path);
    }
    SECTION("a link to good ones") {
        stdfs::rename(path, path.string() + ".aside");
        stdfs::create_symlink(path.string() + ".aside", path);
        can_be_replaced = false;
    }
    SECTION("a directory") {
        stdfs::remove(path);
        stdfs::create_directory(path);
        can_be_replaced = false;
    }
    SECTION("a pipe that nobody writes to") {
        stdfs::remove(path);
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        can_be_replaced = false;
    }

    const BackupEntry entry = entry_of(scene, first);
    CHECK(entry.good());
    CHECK_FALSE(entry.notes.problem.empty());
    CHECK(entry.notes.pinned());
    CHECK_FALSE(entry.notes.pin);
    CHECK(repository.notes("main", first).problem == entry.notes.problem);
    CHECK_FALSE(entry_of(scene, second).notes.pinned());
    CHECK(repository.open_backup("main", first).id == first);
    CHECK(error_of([&] { repository.remove_backup("main", first); }).code() == ErrorCode::refused);
    CHECK_NOTHROW(repository.recover());
    CHECK(entry_of(scene, first).notes.pinned());

    if (!can_be_replaced) {
        CHECK_THROWS_AS(repository.clear_pin("main", first), Error);
        CHECK_THROWS_AS(repository.record_verification("main", first, {}), Error);
        CHECK_THROWS_AS(repository.record_drill("main", first, {}), Error);
        CHECK(entry_of(scene, first).notes.pinned());
        return;
    }
    repository.record_verification("main", first, found(VerificationOutcome::good));
    const BackupNotes replaced = repository.notes("main", first);
    CHECK(replaced.problem.empty());
    CHECK(replaced.verification == found(VerificationOutcome::good));
    REQUIRE(replaced.pin);
    CHECK(replaced.pin->reason.starts_with("its earlier notes were lost: cannot read"));
    CHECK(replaced.pin->by_uid == ::geteuid());
    repository.clear_pin("main", first);
    CHECK_FALSE(entry_of(scene, first).notes.pinned());
}

TEST_CASE("damaged notes are taken away with the pin that they may have held") {
    Scene scene;
    make_two(scene);
    std::ofstream(notes_path(scene, first)) << "garbage";
    scene.repository->clear_pin("main", first);
    CHECK(scene.repository->notes("main", first) == BackupNotes());
    std::ofstream(notes_path(scene, first)) << "garbage";
    scene.repository->set_pin("main", first, pin("a"));
    CHECK(scene.repository->notes("main", first).pin == pin("a"));
}

TEST_CASE("a notes directory that is none pins all and stops nothing") {
    Scene scene;
    make_two(scene);
    stdfs::remove(scene.path / "main" / "notes");
    std::ofstream(scene.path / "main" / "notes") << "text";
    CHECK(entry_of(scene, first).notes.pinned());
    CHECK(entry_of(scene, second).notes.pinned());
    CHECK(scene.repository->newest_good("main")->id == second);
    CHECK(scene.repository->recover().size() == 1);
    CHECK_THROWS_AS(scene.repository->set_pin("main", first, pin("a")), Error);
}

TEST_CASE("recovery removes the notes of backups that are gone and what was not finished") {
    Scene scene;
    make_two(scene);
    scene.repository->set_pin("main", first, pin("a"));
    const stdfs::path notes = scene.path / "main" / "notes";
    copy_notes(notes_path(scene, first), notes_path(scene, "cluster_backup_20261122_010000"));
    copy_notes(notes_path(scene, first), notes_path(scene, second).string() + ".new");
    std::ofstream(scene.path / "main" / "history" / "schedule.json.new") << "half";
    std::ofstream(notes / "mine.txt") << "text";
    CHECK(scene.repository->recover() ==
          RecoveryReport{
              "removed 'main/notes/cluster_backup_20261122_010000.json': its backup is gone",
              "left alone 'main/notes/mine.txt': not made by tsbackup"});
    CHECK(scene.names_in("main/notes") == Names{std::string(first) + ".json", "mine.txt"});
    CHECK(scene.names_in("main/history").empty());
    CHECK(scene.fs.unsynced().empty());
}

TEST_CASE("notes that did not change are not read again") {
    Scene scene;
    make_two(scene);
    const auto calls_of_list = [&] {
        scene.fs.heal();
        scene.repository->list("main");
        return scene.fs.calls();
    };
    calls_of_list();
    const std::uint64_t without = calls_of_list();
    scene.repository->set_pin("main", first, pin("a"));
    CHECK(calls_of_list() > without + 1);
    CHECK(calls_of_list() == without + 1);  // one look at the file
    scene.repository->clear_pin("main", first);
    CHECK(calls_of_list() == without);
}

TEST_CASE("changes from several threads do not undo each other") {
    Scene scene;
    make_two(scene);
    Repository& repository = *scene.repository;
    const std::string last = "50";
    {
        const std::jthread pins([&] {
            for (int i = 1; i <= 50; ++i) repository.set_pin("main", first, pin(std::to_string(i)));
        });
        const std::jthread verifications([&] {
            for (int i = 1; i <= 50; ++i) {
                repository.record_verification(
                    "main", first, found(VerificationOutcome::damaged, std::to_string(i)));
            }
        });
        for (int i = 0; i < 50; ++i) CHECK(entry_of(scene, first).notes.problem.empty());
    }
    const BackupNotes notes = repository.notes("main", first);
    REQUIRE((notes.pin && notes.verification));
    CHECK(notes.pin->reason == last);
    CHECK(notes.verification->problems == last);
}

TEST_CASE("notes are the old ones or the new ones, whatever fails") {
    const auto check = [](Scene& scene, const BackupNotes& before, const BackupNotes& after,
                          End end, Moment moment) {
        const BackupNotes notes = entry_of(scene, first).notes;
        CHECK((notes == before || notes == after));
        if (end == End::success || end == End::uncertain) CHECK(notes == after);
        CHECK(scene.fs.synced_after_failure().empty());
        if (moment == Moment::at_end) return;
        for (const std::string& name : scene.names_in("main/notes")) {
            CHECK(name == std::string(first) + ".json");
        }
        scene.repository->set_pin("main", first, pin("next"));
        CHECK(entry_of(scene, first).notes.pin == pin("next"));
    };
    BackupNotes old_pin;
    old_pin.pin = pin("old");
    BackupNotes new_pin;
    new_pin.pin = pin("new");
    Loop loop;
    SECTION("a pin replaced") {
        loop.prepare = [](Scene& scene) {
            make_two(scene);
            scene.repository->set_pin("main", first, pin("old"));
        };
        loop.attempt = [](Scene& scene) { scene.repository->set_pin("main", first, pin("new")); };
        loop.check = [&](Scene& scene, End end, Moment moment) {
            if (end == End::failure) CHECK(entry_of(scene, first).notes == old_pin);
            check(scene, old_pin, new_pin, end, moment);
        };
    }
    SECTION("the first one of an old cluster") {
        loop.prepare = [](Scene& scene) {
            make_two(scene);
            stdfs::remove(scene.path / "main" / "notes");
        };
        loop.attempt = [](Scene& scene) { scene.repository->set_pin("main", first, pin("new")); };
        loop.check = [&](Scene& scene, End end, Moment moment) {
            check(scene, {}, new_pin, end, moment);
        };
    }
    SECTION("the last one taken away") {
        loop.prepare = [](Scene& scene) {
            make_two(scene);
            scene.repository->set_pin("main", first, pin("old"));
        };
        loop.attempt = [](Scene& scene) { scene.repository->clear_pin("main", first); };
        loop.check = [&](Scene& scene, End end, Moment moment) {
            check(scene, old_pin, {}, end, moment);
        };
    }
    run_loops(loop);
}

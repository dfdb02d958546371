// Making, opening, locking and reading a repository; what in it is not ours; recovery.
#include <unistd.h>

#include <fstream>
#include <functional>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/repo/sample.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

namespace {

ErrorCode code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find("cannot") != std::string::npos);
        return error.code();
    }
    return ErrorCode::internal;
}

void put(const stdfs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("a repository is made in a missing or an empty directory, once") {
    const TempDir temp;
    FaultFs fs;
    const stdfs::path path = temp.path() / "r";
    const std::string uuid = Repository::create(fs, path.string() + "/");
    CHECK(uuid.size() == 36);
    CHECK(fs.unsynced().empty());
    CHECK(Repository::open(fs, path).uuid() == uuid);
    CHECK((stdfs::status(path).permissions() & stdfs::perms::mask) == stdfs::perms::owner_all);
    CHECK(code_of([&] { Repository::create(fs, path); }) == ErrorCode::refused);

    const stdfs::path mounted = temp.path() / "mounted";
    stdfs::create_directories(mounted / "lost+found");
    stdfs::permissions(mounted, stdfs::perms::owner_all);
    CHECK(Repository::create(fs, mounted) != uuid);

    const stdfs::path full = temp.path() / "full";
    stdfs::create_directory(full);
    stdfs::permissions(full, stdfs::perms::owner_all);
    put(full / "photo", "");
    CHECK(code_of([&] { Repository::create(fs, full); }) == ErrorCode::refused);
    CHECK(code_of([&] { Repository::create(fs, temp.path() / "no" / "parent"); }) == ErrorCode::io);
}

TEST_CASE("what is no repository, or not ours alone, is not opened") {
    const TempDir temp;
    Fs& fs = real_fs();
    const auto open = [&](const stdfs::path& path) {
        return code_of([&] { Repository::open(fs, path); });
    };
    CHECK(open(temp.path() / "none") == ErrorCode::repository_missing);
    CHECK(open(temp.path()) == ErrorCode::repository_missing);

    const stdfs::path path = temp.path() / "r";
    Repository::create(fs, path);
    stdfs::permissions(path, stdfs::perms::all);
    CHECK(open(path) == ErrorCode::refused);
    stdfs::permissions(path, stdfs::perms::owner_all);
    put(path / "repo.json", "{");
    CHECK(open(path) == ErrorCode::damaged);
    put(path / "repo.json", R"({"format": "tsbackup-repository", "version": 2, "uuid": ""})");
    CHECK(open(path) == ErrorCode::refused);
    put(path / "repo.json", R"({"format": "other", "version": 1, "uuid": ""})");
    CHECK(open(path) == ErrorCode::damaged);
}

TEST_CASE("a repository is locked by one holder, who is named to the second") {
    Scene scene;
    Repository second = Repository::open(scene.fs, scene.path);
    try {
        second.lock();
        FAIL("locked twice");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::repository_locked);
        CHECK(contains(error.what(), "process " + std::to_string(::getpid()) + " on host "));
    }
    scene.repository.reset();
    CHECK_NOTHROW(second.lock());
    CHECK_NOTHROW(second.lock());
    CHECK(stdfs::file_size(scene.path / "lock") == 256);
}

TEST_CASE("without the lock nothing is begun and nothing changed") {
    Scene scene;
    const std::string id = make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z").id;
    scene.repository.reset();
    Repository repository = Repository::open(scene.fs, scene.path);
    CHECK(code_of([&] { repository.recover(); }) == ErrorCode::internal);
    CHECK(code_of([&] { BackupDraft(repository, "main", SystemTime()); }) == ErrorCode::internal);
    CHECK(code_of([&] { repository.set_pin("main", id, {}); }) == ErrorCode::internal);
    CHECK(code_of([&] { repository.clear_pin("main", id); }) == ErrorCode::internal);
    CHECK(code_of([&] { repository.record_verification("main", id, {}); }) == ErrorCode::internal);
    CHECK(code_of([&] { repository.remove_backup("main", id); }) == ErrorCode::internal);
    CHECK(code_of([&] { repository.write_state("main", "s", ""); }) == ErrorCode::internal);
    repository.record({"j", "verify", "main", "done", id, "", "", {}});
    CHECK(repository.history("main").empty());
    CHECK(repository.list("main").at(0).notes == BackupNotes());
}

TEST_CASE("a repository that went away is noticed") {
    Scene scene;
    CHECK(scene.repository->still_there());
    stdfs::rename(scene.path, scene.temp.path() / "elsewhere");
    CHECK_FALSE(scene.repository->still_there());
    stdfs::create_directory(scene.path);
    CHECK_FALSE(scene.repository->still_there());
    stdfs::remove(scene.path);
    Repository::create(scene.fs, scene.path);
    CHECK_FALSE(scene.repository->still_there());
    CHECK(scene.repository->free_bytes() > 0);
}

TEST_CASE("clusters and backups are listed in order and opened by id or as the latest") {
    Scene scene;
    Repository& repository = *scene.repository;
    CHECK(repository.clusters().empty());
    const std::string second = make_backup(repository, "main", "2026-11-23T02:00:00Z").id;
    const std::string third = make_backup(repository, "main", "2026-11-23T03:00:00Z").id;
    const std::string other = make_backup(repository, "b", "2026-11-23T01:00:00Z").id;

    CHECK(repository.clusters() == std::vector<std::string>{"b", "main"});
    CHECK(scene.ids("main") == std::vector{second, third});
    CHECK(scene.ids("b") == std::vector{other});
    CHECK(repository.list("main").at(0).metadata->cluster == "main");
    CHECK(repository.open_backup("main", "latest").id == third);
    CHECK(repository.open_backup("main", second).metadata.id == second);
    CHECK(problem_of(repository, "main", second) == "");
}

TEST_CASE("a backup, a cluster or a latest one that is not there is not found") {
    Scene scene;
    Repository& repository = *scene.repository;
    const std::string id = make_backup(repository, "main", "2026-11-23T02:00:00Z").id;
    const auto open = [&](const std::string& cluster, const std::string& backup) {
        return code_of([&] { repository.open_backup(cluster, backup); });
    };
    CHECK(open("main", "cluster_backup_20261123_020001") == ErrorCode::not_found);
    CHECK(open("other", id) == ErrorCode::not_found);
    CHECK(open("main", "../inprogress") == ErrorCode::not_found);
    CHECK(open("main/..", id) == ErrorCode::not_found);
    CHECK(open("../repository/main", id) == ErrorCode::not_found);
    CHECK(open("other", "latest") == ErrorCode::not_found);
    CHECK(repository.list("other").empty());
    CHECK(repository.list("../repository/main").empty());
}

TEST_CASE("a backup with bad metadata is listed as broken and never the latest") {
    Scene scene;
    Repository& repository = *scene.repository;
    const std::string good = make_backup(repository, "main", "2026-11-23T01:00:00Z").id;
    const std::string bad = make_backup(repository, "main", "2026-11-23T02:00:00Z").id;
    const stdfs::path file = scene.path / "main" / "backups" / bad / "metadata.json";
    REQUIRE(repository.list("main").at(1).metadata);  // remembered while it was good

    SECTION("one bit, its length and time the same") {
        const auto time = stdfs::last_write_time(file);
        std::ifstream stream(file, std::ios::binary);
        std::string text(std::istreambuf_iterator<char>(stream), {});
        text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
        put(file, text);
        stdfs::last_write_time(file, time);
    }
    SECTION("changed") {
        put(file, "{}");
    }
    SECTION("missing") {
        stdfs::remove(file);
    }
    SECTION("a link to a good one") {
        stdfs::remove(file);
        stdfs::create_symlink("../" + good + "/metadata.json", file);
    }
    SECTION("of another backup") {
        stdfs::copy_file(scene.path / "main" / "backups" / good / "metadata.json", file,
                         stdfs::copy_options::overwrite_existing);
    }
    SECTION("a directory") {
        stdfs::remove(file);
        stdfs::create_directory(file);
    }

    SECTION("without a stored file") {
        stdfs::remove(file.parent_path() / "RESTORE.txt");
    }
    SECTION("with a stored file of another size") {
        stdfs::rename(file.parent_path() / "RESTORE.txt", file.parent_path() / "x");
        put(file.parent_path() / "RESTORE.txt", "short");
        stdfs::remove(file.parent_path() / "x");
    }

    const std::vector<BackupEntry> entries = repository.list("main");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].metadata);
    CHECK_FALSE(entries[1].metadata);
    CHECK_FALSE(entries[1].problem.empty());
    CHECK(code_of([&] { repository.open_backup("main", "latest"); }) == ErrorCode::damaged);
    CHECK(repository.open_backup("main", good).id == good);
    CHECK(repository.newest_good("main")->id == good);
}

TEST_CASE("metadata that did not change is not read again") {
    Scene scene;
    const std::string first = make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z").id;
    const auto calls_of_list = [&] {
        scene.fs.heal();
        const std::vector<BackupEntry> entries = scene.repository->list("main");
        CHECK(std::ranges::all_of(entries, [](const BackupEntry& e) { return bool(e.metadata); }));
        return scene.fs.calls();
    };
    const std::uint64_t unread = calls_of_list();
    const std::uint64_t known = calls_of_list();
    CHECK(known + 4 <= unread);  // two opened, at least one read, one looked at

    const std::string second = make_backup(*scene.repository, "main", "2026-11-23T03:00:00Z").id;
    CHECK(calls_of_list() > known + 2);
    CHECK(calls_of_list() == known + 2);  // its directory and its metadata.json
    stdfs::remove_all(scene.path / "main" / "backups" / first);
    CHECK(calls_of_list() == known);
    CHECK(scene.repository->newest_good("main")->id == second);
    CHECK_FALSE(scene.repository->newest_good("other"));
}

TEST_CASE("what is not ours is neither listed nor followed nor removed") {
    Scene scene;
    const std::string id = make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z").id;
    const stdfs::path main = scene.path / "main";
    stdfs::create_directory(scene.path / "photos");
    put(scene.path / "note", "");
    put(main / "backups" / "note", "");
    put(main / "backups" / "cluster_backup_20261123_030000", "a file");
    stdfs::create_directory_symlink(id, main / "backups" / "cluster_backup_20261123_040000");
    stdfs::create_directory_symlink("main", scene.path / "linked");
    stdfs::create_directory(main / "inprogress" / "mine");
    stdfs::create_directory_symlink("/", main / "trash" / "cluster_backup_20261123_050000");

    CHECK(scene.repository->clusters() == std::vector<std::string>{"main"});
    CHECK(scene.ids("main") == std::vector{id});
    CHECK(scene.repository->list("linked").empty());
    const RecoveryReport report = scene.repository->recover();
    CHECK(report ==
          RecoveryReport{"left alone 'main/trash/cluster_backup_20261123_050000': not made by "
                         "tsbackup",
                         "left alone 'main/inprogress/mine': not made by tsbackup"});
    CHECK(stdfs::exists(main / "inprogress" / "mine"));
}

TEST_CASE("an open backup is held against removal") {
    Scene scene;
    const std::string id = make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z").id;
    Fs& fs = real_fs();
    const Fd directory = fs.open_root(scene.path / "main" / "backups" / id);
    {
        const BackupHandle reader = scene.repository->open_backup("main", id);
        CHECK_FALSE(fs.try_lock(directory.get(), LockKind::exclusive));
    }
    REQUIRE(fs.try_lock(directory.get(), LockKind::exclusive));
    CHECK(code_of([&] { scene.repository->open_backup("main", id); }) == ErrorCode::busy);
}

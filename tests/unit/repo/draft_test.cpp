// A backup in the making: ids, commit, abort.
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/repo/sample.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

TEST_CASE("a committed backup is listed, whole, durable and private (I1)") {
    Scene scene;
    const Metadata metadata = make_backup(*scene.repository, "main", "2026-11-23T01:42:24Z");
    CHECK(metadata.id == "cluster_backup_20261123_014224");
    CHECK(metadata.files.back().name == "RESTORE.txt");
    CHECK(scene.fs.unsynced().empty());
    CHECK(scene.ids("main") == std::vector{metadata.id});
    CHECK(problem_of(*scene.repository, "main", metadata.id) == "");
    CHECK(scene.names_in("main/inprogress").empty());
    for (const auto& entry : stdfs::recursive_directory_iterator(scene.path)) {
        CAPTURE(entry.path().string());
        const auto others = stdfs::perms::group_all | stdfs::perms::others_all;
        CHECK((entry.status().permissions() & others) == stdfs::perms::none);
    }
    scene.repository.reset();
    scene.fs.lose_unsynced();
    scene.reopen();
    CHECK(problem_of(*scene.repository, "main", metadata.id) == "");
}

TEST_CASE("metadata is stored with the draft's own id and cluster") {
    Scene scene;
    BackupDraft draft(*scene.repository, "second", from_iso8601("2026-11-23T05:00:00Z"));
    Metadata metadata = sample_metadata();
    metadata.stored_bytes = 100;
    const Metadata stored = draft.commit(metadata);
    CHECK(stored.cluster == "second");
    CHECK(stored.id == draft.id());
    CHECK(stored.stored_bytes == 100 + stored.files.at(0).size);
    CHECK(scene.repository->open_backup("second", "latest").metadata.files.size() == 1);
}

TEST_CASE("ids grow past everything that has one, though the clock steps back") {
    Scene scene;
    Repository& repository = *scene.repository;
    const SystemTime now = from_iso8601("2026-11-23T01:00:00Z");
    CHECK(make_backup(repository, "main", "2026-11-23T02:00:00Z").id ==
          "cluster_backup_20261123_020000");
    BackupDraft first(repository, "main", now);
    CHECK(first.id() == "cluster_backup_20261123_020001");
    const BackupDraft second(repository, "main", now);
    CHECK(second.id() == "cluster_backup_20261123_020002");
    stdfs::create_directory(scene.path / "main" / "trash" / "cluster_backup_20300101_000000");
    CHECK(BackupDraft(repository, "main", now).id() == "cluster_backup_20300101_000001");
    CHECK(BackupDraft(repository, "other", now).id() == "cluster_backup_20261123_010000");
}

TEST_CASE("what is not committed is removed at once and never listed (I2)") {
    Scene scene;
    {
        BackupDraft draft(*scene.repository, "main", from_iso8601("2026-11-23T01:00:00Z"));
        write_new_file(scene.fs, draft.directory(), "base.tar", as_bytes("half"));
        CHECK(scene.names_in("main/inprogress") == std::vector{draft.id()});
        CHECK(scene.ids("main").empty());
    }
    CHECK(scene.names_in("main/inprogress").empty());
    CHECK(scene.ids("main").empty());
    CHECK(scene.fs.unsynced().empty());

    BackupDraft draft(*scene.repository, "main", from_iso8601("2026-11-23T01:00:00Z"));
    draft.abort();
    CHECK(scene.names_in("main/inprogress").empty());
    CHECK_NOTHROW(draft.abort());
    CHECK_THROWS_AS(draft.commit(sample_metadata()), Error);
    CHECK(scene.ids("main").empty());
}

TEST_CASE("a commit never replaces a backup") {
    Scene scene;
    BackupDraft draft(*scene.repository, "main", from_iso8601("2026-11-23T01:00:00Z"));
    stdfs::create_directory(scene.path / "main" / "backups" / draft.id());
    CHECK_THROWS_AS(draft.commit(sample_metadata()), Error);
    CHECK(scene.names_in("main/backups/" + draft.id()).empty());
}

TEST_CASE("metadata that could not be read again is not committed") {
    Scene scene;
    BackupDraft draft(*scene.repository, "main", from_iso8601("2026-11-23T01:00:00Z"));
    Metadata metadata = sample_metadata();
    metadata.files.push_back({"../escape", 1, std::string(64, '0')});
    try {
        draft.commit(metadata);
        FAIL("committed");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::internal);
    }
    CHECK(scene.ids("main").empty());
}

TEST_CASE("a draft needs a name that a cluster may have") {
    Scene scene;
    for (const char* bad : {"", "..", "a/b", "lock"}) {
        CHECK_THROWS_AS(BackupDraft(*scene.repository, bad, SystemTime()), Error);
    }
    CHECK(scene.names_in("") == std::vector<std::string>{"lock", "repo.json"});
}

// Retention in action (I3): what goes, what stays whatever the policy says, and what changes while
// it goes.
#include <algorithm>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/ops/prune_scene.hpp"

using namespace tsb;
using namespace tsb::test;
namespace stdfs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

/// Each listed backup is whole, and these are all.
void check_whole(Scene& scene, const Names& expected) {
    CHECK(scene.ids("main") == expected);
    for (const std::string& id : expected) {
        INFO(id);
        CHECK(problem_of(*scene.repository, "main", id) == "");
    }
    CHECK(scene.names_in("main/trash").empty());
}

void find_damaged(Repository& repository, const std::string& id) {
    VerificationResult found;
    found.outcome = VerificationOutcome::damaged;
    found.problems = "base.tar.zst differs";
    repository.record_verification("main", id, found);
}

/// Notes of a backup as another process would put them there, between two calls of prune.
void put_notes(const Scene& scene, const std::string& id, const BackupNotes& notes) {
    stdfs::create_directories(scene.path / "main" / "notes");
    std::ofstream(scene.path / "main" / "notes" / (id + ".json"))
        << encode_notes(notes, "main", id);
}

/// Calls `action` when the first backup goes.
void at_first_removal(Scene& scene, std::function<void()> action) {
    scene.fs.at_each_call(
        [action = std::move(action), done = false](const std::string& call) mutable {
            if (done || !call.starts_with("rename")) return;
            done = true;
            action();
        });
}

bool tells_why(const Verdict& verdict) {
    return !verdict.reasons.empty() &&
           std::ranges::none_of(verdict.reasons, [](const auto& why) { return why.empty(); });
}

}  // namespace

TEST_CASE("what the policy does not keep goes, oldest first, and the report tells all of it") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 5);
    std::uint64_t stored = 0;
    const std::vector<BackupEntry> entries = scene.repository->list("main");
    for (std::size_t i = 0; i < 3; ++i) stored += entries[i].metadata->stored_bytes;
    REQUIRE(stored > 0);

    const PruneReport report = prune(*scene.repository, keep_last(2));
    check_whole(scene, {ids[3], ids[4]});
    CHECK(report.removed == Names{ids[0], ids[1], ids[2]});
    CHECK(report.freed_bytes == stored);
    REQUIRE(report.verdicts.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(report.verdicts[i].id == ids[i]);
        CHECK(report.verdicts[i].keep == (i >= 3));
        CHECK(tells_why(report.verdicts[i]));
    }
    CHECK(scene.fs.unsynced().empty());
    CHECK(prune(*scene.repository, keep_last(2)).removed.empty());
}

TEST_CASE("what retention says is what prune then does, and saying it removes nothing") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 4);
    RetentionPolicy policy;
    policy.keep_within = std::chrono::hours(25);
    const std::vector<Verdict> said =
        retention_verdicts(*scene.repository, "main", policy, from_iso8601("2026-12-01T12:00:00Z"));
    check_whole(scene, ids);
    const PruneReport report = prune(*scene.repository, policy);
    REQUIRE(said.size() == report.verdicts.size());
    for (std::size_t i = 0; i < said.size(); ++i) {
        CHECK(said[i].id == ids[i]);
        CHECK(to_sentence(said[i]) == to_sentence(report.verdicts[i]));
        CHECK(std::ranges::count(report.removed, ids[i]) == (said[i].keep ? 0 : 1));
    }
    check_whole(scene, {ids[2], ids[3]});
}

TEST_CASE("an empty policy removes nothing (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 3);
    RetentionPolicy policy;
    CHECK(prune(*scene.repository, policy).removed.empty());
    policy.min_keep = 2;
    CHECK(prune(*scene.repository, policy).removed.empty());
    check_whole(scene, ids);
}

TEST_CASE("min_keep holds against every rule, also when it is 0 (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 5);
    RetentionPolicy policy = keep_last(1);
    policy.min_keep = 3;
    prune(*scene.repository, policy);
    check_whole(scene, {ids[2], ids[3], ids[4]});
    policy.min_keep = 0;
    prune(*scene.repository, policy);
    check_whole(scene, {ids[4]});
}

TEST_CASE("the newest good backup stays behind newer ones that are not good (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 4);
    find_damaged(*scene.repository, ids[2]);
    std::ofstream(scene.path / "main" / "backups" / ids[3] / "metadata.json") << "{}";
    const PruneReport report = prune(*scene.repository, keep_last(1));
    CHECK(report.removed == Names{ids[0]});
    CHECK(scene.ids("main") == Names{ids[1], ids[2], ids[3]});
    CHECK(problem_of(*scene.repository, "main", ids[1]) == "");
}

TEST_CASE("broken and found-damaged backups stay and count for no rule (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 5);
    std::ofstream(scene.path / "main" / "backups" / ids[0] / "metadata.json") << "{}";
    find_damaged(*scene.repository, ids[1]);
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[2], ids[3]});
    CHECK(scene.ids("main") == Names{ids[0], ids[1], ids[4]});
    CHECK(stdfs::exists(scene.path / "main" / "backups" / ids[0] / "backup_manifest"));
}

TEST_CASE("what is in use, pinned or may be pinned stays (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 5);
    Repository reader = Repository::open(real_fs(), scene.path);
    const BackupHandle handle = reader.open_backup("main", ids[0]);
    scene.repository->set_pin("main", ids[1], {"before the upgrade", 7, SystemTime()});
    std::ofstream(scene.path / "main" / "notes" / (ids[2] + ".json")) << "{";
    const PruneReport report = prune(*scene.repository, keep_last(1));
    CHECK(report.removed == Names{ids[3]});
    check_whole(scene, {ids[0], ids[1], ids[2], ids[4]});
    CHECK(to_sentence(report.verdicts[1]).find("before the upgrade") != std::string::npos);
}

TEST_CASE("a backup in the making and another cluster's backups are not touched (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 2);
    const Metadata other = make_backup(*scene.repository, "other", "2026-10-01T01:00:00Z");
    const BackupDraft draft(*scene.repository, "main", from_iso8601("2026-11-09T01:00:00Z"));
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[0]});
    check_whole(scene, {ids[1]});
    CHECK(scene.names_in("main/inprogress") == Names{draft.id()});
    CHECK(problem_of(*scene.repository, "other", other.id) == "");
}

TEST_CASE("another server's backups are a group of their own (I3)") {
    Scene scene;
    Repository& repository = *scene.repository;
    const Names old = {add_backup(repository, "2026-11-01", 1),
                       add_backup(repository, "2026-11-02", 1)};
    const Names fresh = {add_backup(repository, "2026-11-03", 2),
                         add_backup(repository, "2026-11-04", 2)};
    CHECK(prune(repository, keep_last(1)).removed == Names{old[0], fresh[0]});
    check_whole(scene, {old[1], fresh[1]});
}

TEST_CASE("a backup that is opened between decision and removal stays") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 4);
    Repository reader = Repository::open(real_fs(), scene.path);
    std::optional<BackupHandle> handle;
    at_first_removal(scene, [&] { handle = reader.open_backup("main", ids[1]); });
    const PruneReport report = prune(*scene.repository, keep_last(1));
    scene.fs.heal();
    REQUIRE(handle);
    CHECK(report.removed == Names{ids[0], ids[2]});
    check_whole(scene, {ids[1], ids[3]});
    handle.reset();
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[1]});
}

TEST_CASE("a backup that is opened after it was asked again stays too") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 3);
    Repository reader = Repository::open(real_fs(), scene.path);
    std::optional<BackupHandle> handle;
    // Only a removal opens the trash: by then all has been decided.
    scene.fs.at_each_call([&](const std::string& call) {
        if (!handle && call == "open 'trash'") handle = reader.open_backup("main", ids[0]);
    });
    const PruneReport report = prune(*scene.repository, keep_last(1));
    scene.fs.heal();
    REQUIRE(handle);
    CHECK(report.removed == Names{ids[1]});
    check_whole(scene, {ids[0], ids[2]});
}

TEST_CASE("a backup that is pinned between decision and removal stays") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 4);
    BackupNotes notes;
    notes.pin = Pin{"wanted after all", 7, SystemTime()};
    at_first_removal(scene, [&] { put_notes(scene, ids[2], notes); });
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[0], ids[1]});
    scene.fs.heal();
    check_whole(scene, {ids[2], ids[3]});
}

TEST_CASE("a backup that is the only good one by the time it would go stays") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 3);
    BackupNotes notes;
    notes.verification = VerificationResult();
    notes.verification->outcome = VerificationOutcome::damaged;
    at_first_removal(scene, [&] { put_notes(scene, ids[2], notes); });
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[0]});
    scene.fs.heal();
    CHECK(scene.ids("main") == Names{ids[1], ids[2]});
    CHECK(problem_of(*scene.repository, "main", ids[1]) == "");
}

TEST_CASE("a full disk does not stop prune: it takes no space (I3)") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 4);
    scene.repository->record_verification("main", ids[0], {});
    scene.fs.at_each_call([](const std::string& call) {
        for (const char* verb : {"create", "write", "make"}) {
            if (call.starts_with(verb)) throw Error(ErrorCode::disk_full, "cannot " + call);
        }
    });
    // So it is: nothing else can be written now.
    CHECK(error_of([&] { add_backup(*scene.repository, "2026-11-09"); }).code() ==
          ErrorCode::disk_full);
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[0], ids[1], ids[2]});
    scene.fs.heal();
    check_whole(scene, {ids[3]});
    CHECK(scene.names_in("main/notes").empty());
}

TEST_CASE("a removal that fails ends the prune, and what is left stays whole") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 5);
    scene.fs.at_each_call([&](const std::string& call) {
        if (call == "rename '" + ids[1] + "'") throw Error(ErrorCode::io, "cannot " + call);
    });
    const Error failed = error_of([&] { prune(*scene.repository, keep_last(1)); });
    scene.fs.heal();
    CHECK(failed.code() == ErrorCode::io);
    check_whole(scene, {ids[1], ids[2], ids[3], ids[4]});
    CHECK(prune(*scene.repository, keep_last(1)).removed == Names{ids[1], ids[2], ids[3]});
}

TEST_CASE("a prune that is asked to stop removes no further backup") {
    Scene scene;
    const Names ids = add_days(*scene.repository, 4);
    std::stop_source stop;
    at_first_removal(scene, [&] { stop.request_stop(); });
    const Error cancelled =
        error_of([&] { prune(*scene.repository, keep_last(1), stop.get_token()); });
    scene.fs.heal();
    CHECK(cancelled.code() == ErrorCode::cancelled);
    check_whole(scene, {ids[1], ids[2], ids[3]});
}

TEST_CASE("a cluster without backups has nothing to prune") {
    Scene scene;
    const PruneReport report = prune(*scene.repository, keep_last(1));
    CHECK(report.verdicts.empty());
    CHECK(report.removed.empty());
    CHECK(report.freed_bytes == 0);
}

TEST_CASE("nothing is pruned where the repository is not mounted any more") {
    Scene scene;
    add_days(*scene.repository, 2);
    stdfs::rename(scene.path / "repo.json", scene.path / "aside");
    const Error missing = error_of([&] { prune(*scene.repository, keep_last(1)); });
    CHECK(missing.code() == ErrorCode::repository_missing);
    CHECK(scene.names_in("main/backups").size() == 2);
}

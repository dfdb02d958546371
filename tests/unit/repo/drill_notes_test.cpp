// The last drill of a backup, noted beside it.
#include <fstream>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/repo/fault_loop.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

constexpr const char* drilled_id = "cluster_backup_20261123_010000";

Pin pin() {
    return {"a", 1000, noon};
}

void make_one(Scene& scene) {
    make_backup(*scene.repository, "main", "2026-11-23T01:00:00Z");
}

BackupEntry only_entry(Scene& scene) {
    std::vector<BackupEntry> entries = scene.repository->list("main");
    REQUIRE(entries.size() == 1);
    return std::move(entries.front());
}

}  // namespace

TEST_CASE("a drill that failed makes no backup a bad one, and a drill alone is no pin") {
    Scene scene;
    make_one(scene);
    scene.repository->record_drill("main", drilled_id, drilled("pg_amcheck: heap table is odd"));
    const BackupEntry entry = only_entry(scene);
    CHECK(entry.notes.drill == drilled("pg_amcheck: heap table is odd"));
    CHECK(entry.good());
    CHECK_FALSE(entry.notes.pinned());
    CHECK(scene.repository->open_backup("main", "latest").id == drilled_id);
    scene.repository->set_pin("main", drilled_id, pin());
    scene.repository->clear_pin("main", drilled_id);
    CHECK(only_entry(scene).notes == entry.notes);
}

TEST_CASE("a drill keeps the pin that may have been in damaged notes") {
    Scene scene;
    make_one(scene);
    std::ofstream(scene.path / "main/notes" / (std::string(drilled_id) + ".json")) << "garbage";
    scene.repository->record_drill("main", drilled_id, drilled());
    const BackupNotes notes = scene.repository->notes("main", drilled_id);
    CHECK(notes.drill == drilled());
    REQUIRE(notes.pin);
    CHECK(notes.pin->reason.starts_with("its earlier notes were lost: cannot read"));
    CHECK(notes.pin->at == noon);
}

TEST_CASE("a drill is noted beside the pin or not at all, whatever fails") {
    BackupNotes before;
    before.pin = pin();
    BackupNotes after = before;
    after.drill = drilled("is odd");
    Loop loop;
    loop.prepare = [](Scene& scene) {
        make_one(scene);
        scene.repository->set_pin("main", drilled_id, pin());
    };
    loop.attempt = [](Scene& scene) {
        scene.repository->record_drill("main", drilled_id, drilled("is odd"));
    };
    loop.check = [&](Scene& scene, End end, Moment) {
        const BackupNotes notes = only_entry(scene).notes;
        CHECK((notes == before || notes == after));
        if (end == End::failure) CHECK(notes == before);
        if (end == End::success || end == End::uncertain) CHECK(notes == after);
        CHECK(scene.fs.synced_after_failure().empty());
    };
    run_loops(loop);
}

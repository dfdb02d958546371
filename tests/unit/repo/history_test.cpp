// How jobs ended, and the documents beside that: kept in bounds, never torn by a crash.
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

constexpr std::uintmax_t full = 4ULL << 20;

JobRecord record_of(const std::string& job_id) {
    return {job_id, "backup", "main", "done", "", "", "", noon};
}

std::vector<std::string> job_ids(const std::vector<JobRecord>& history) {
    std::vector<std::string> ids;
    for (const JobRecord& record : history) ids.push_back(record.job_id);
    return ids;
}

using Ids = std::vector<std::string>;

/// Two files: "older" in the one, "old" in the other, which is full and ends within a line.
void fill_history(Scene& scene) {
    const stdfs::path history = scene.path / "main" / "history";
    make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z");
    std::ofstream(history / "jobs.1.jsonl") << encode_job_record(record_of("older"));
    std::ofstream(history / "jobs.jsonl") << encode_job_record(record_of("old"));
    stdfs::resize_file(history / "jobs.jsonl", full - 10);
}

}  // namespace

TEST_CASE("how jobs ended is kept in order, and a torn line costs only itself") {
    Scene scene;
    Repository& repository = *scene.repository;
    make_backup(repository, "main", "2026-11-23T02:00:00Z");
    const SystemTime time = from_iso8601("2026-11-23T02:00:10Z");
    repository.record({"j1", "backup", "main", "done", "id1", "", "", time});
    std::ofstream(scene.path / "main/history/jobs.jsonl", std::ios::app) << R"({"ended_at": "20)";
    repository.record({"j2", "verify", "main", "failed", "id1", "damaged", "a\n\xFF", time});
    CHECK(scene.fs.unsynced().empty());

    const std::vector<JobRecord> history = repository.history("main");
    REQUIRE(history.size() == 2);
    CHECK(history[0].job_id == "j1");
    CHECK(history[1].outcome == "failed");
    CHECK(history[1].message == "a\n\xFF");
    CHECK(history[1].ended_at == time);
    CHECK(repository.history("other").empty());
}

TEST_CASE(
    "a job that failed before its cluster had a directory is recorded, by the lock's holder") {
    Scene scene;
    const JobRecord record{"j", "backup", "new", "failed", "", "connection", "no route", {}};
    scene.repository->record(record);
    CHECK(scene.repository->history("new").size() == 1);
    CHECK(scene.fs.unsynced().empty());
    Repository reader = Repository::open(scene.fs, scene.path);
    reader.record({"j", "verify", "other", "failed", "", "", "", {}});
    CHECK(scene.repository->clusters() == std::vector<std::string>{"new"});
}

TEST_CASE("recording never throws") {
    Scene scene;
    make_backup(*scene.repository, "main", "2026-11-23T02:00:00Z");
    CHECK_NOTHROW(scene.repository->record({"j", "backup", "no such", "done", "", "", "", {}}));
    CHECK(scene.repository->clusters() == std::vector<std::string>{"main"});
    std::uint64_t number = 1;
    do {
        scene.fs.fail_call(number++, Fault::disk_full);
        CHECK_NOTHROW(scene.repository->record({"j", "backup", "main", "done", "", "", "", {}}));
    } while (scene.fs.fired());
    CHECK(number > 5);
}

TEST_CASE("a record comes back whole, and a line of an earlier version with what it has") {
    Scene scene;
    JobRecord record = record_of("j1");
    record.started_at = noon - std::chrono::minutes(5);
    record.asked_by = "uid 1000";
    record.bytes = 1ULL << 60;
    record.hint = "look \"there\"";
    record.in_place = true;
    record.message = std::string(20000, 'm');
    scene.repository->record(record);
    std::ofstream(scene.path / "main/history/jobs.jsonl", std::ios::app)
        << R"({"ended_at":"2026-11-23T12:00:00Z","job_id":"j2","kind":"backup","cluster":"main",)"
        << R"("outcome":"failed","backup_id":"","error_code":"io","message":"m"})"
        << "\n";

    const std::vector<JobRecord> history = scene.repository->history("main");
    REQUIRE(history.size() == 2);
    CHECK(history[0].started_at == record.started_at);
    CHECK(history[0].ended_at == noon);
    CHECK(history[0].asked_by == "uid 1000");
    CHECK(history[0].bytes == record.bytes);
    CHECK(history[0].hint == record.hint);
    CHECK(history[0].in_place);
    CHECK(history[0].message == std::string(8 * 1024 - 3, 'm') + "...");
    CHECK(history[1].error_code == "io");
    CHECK_FALSE(history[1].started_at);
    CHECK(history[1].asked_by.empty());
    CHECK_FALSE(history[1].in_place);
}

TEST_CASE("a new field of a wrong type costs its line") {
    const std::string good = encode_job_record(record_of("j"));
    for (const char* key : {"asked_by", "bytes", "hint"}) {
        std::string bad = good;
        const std::size_t at = bad.find(':', bad.find(std::string("\"") + key + "\"")) + 1;
        bad.replace(at, bad.find_first_of(",}", at) - at, "[]");
        CAPTURE(bad);
        CHECK(error_of([&] { decode_job_record(bad); }).code() == ErrorCode::damaged);
    }
}

TEST_CASE("a full history is put aside, in place of the one before") {
    Scene scene;
    fill_history(scene);
    Repository& repository = *scene.repository;
    CHECK(job_ids(repository.history("main")) == Ids{"older", "old"});
    repository.record(record_of("new"));
    CHECK(job_ids(repository.history("main")) == Ids{"old", "new"});
    CHECK(scene.names_in("main/history") == Ids{"jobs.1.jsonl", "jobs.jsonl"});
    CHECK(stdfs::file_size(scene.path / "main/history/jobs.jsonl") < 1000);
    CHECK(scene.fs.unsynced().empty());
    repository.record(record_of("newer"));
    CHECK(job_ids(repository.history("main")) == Ids{"old", "new", "newer"});
}

TEST_CASE("a history keeps to its bounds") {
    Scene scene;
    JobRecord record = record_of("j");
    record.message = std::string(8 * 1024, 'm');
    const stdfs::path history = scene.path / "main" / "history";
    for (int i = 0; i < 1200; ++i) scene.repository->record(record);
    CHECK(stdfs::file_size(history / "jobs.1.jsonl") > full - 10000);
    CHECK(stdfs::file_size(history / "jobs.1.jsonl") <= full);
    CHECK(stdfs::file_size(history / "jobs.jsonl") <= full);
    CHECK(scene.repository->history("main").size() > full / 10000);
}

TEST_CASE("the newest records are had without reading what is older") {
    Scene scene;
    fill_history(scene);
    Repository& repository = *scene.repository;
    for (const char* id : {"1", "2", "3"}) repository.record(record_of(id));
    std::vector<std::string> opened;
    scene.fs.at_each_call([&](const std::string& call) {
        if (call.starts_with("open ")) opened.push_back(call);
    });
    CHECK(job_ids(repository.newest_history("main", 2)) == Ids{"2", "3"});
    CHECK(job_ids(repository.newest_history("main", 3)) == Ids{"1", "2", "3"});
    CHECK(std::ranges::count(opened, "open 'history/jobs.jsonl'") == 2);
    CHECK(std::ranges::count(opened, "open 'history/jobs.1.jsonl'") == 0);
    CHECK(job_ids(repository.newest_history("main", 4)) == Ids{"old", "1", "2", "3"});
    CHECK(repository.newest_history("main", 0).empty());
    CHECK(repository.newest_history("main", 99).size() == 4);
}

TEST_CASE("whatever fails while a history is put aside, at most its older half is lost") {
    Loop loop;
    loop.prepare = fill_history;
    loop.attempt = [](Scene& scene) { scene.repository->record(record_of("new")); };
    loop.check = [](Scene& scene, End, Moment moment) {
        if (moment == Moment::at_end) return;
        scene.repository->record(record_of("next"));
        const Ids ids = job_ids(scene.repository->history("main"));
        CHECK((ids == Ids{"old", "next"} || ids == Ids{"old", "new", "next"}));
        CHECK(stdfs::file_size(scene.path / "main/history/jobs.jsonl") < full);
        CHECK(stdfs::file_size(scene.path / "main/history/jobs.1.jsonl") < 2 * full);
    };
    set_up_log(LogLevel::error);
    run_loops(loop);
}

TEST_CASE("a history that cannot be put aside is written on") {
    Scene scene;
    fill_history(scene);
    stdfs::remove(scene.path / "main/history/jobs.1.jsonl");
    stdfs::create_directory(scene.path / "main/history/jobs.1.jsonl");
    scene.repository->record(record_of("new"));
    CHECK(job_ids(scene.repository->newest_history("main", 1)) == Ids{"new"});
}

TEST_CASE("a document is had back as it was written, within bounds") {
    Scene scene;
    Repository& repository = *scene.repository;
    CHECK(repository.read_state("main", "schedule").empty());
    const std::string text("{\"a\": 1}\n\0\xFF", 12);
    repository.write_state("main", "schedule", text);
    CHECK(repository.read_state("main", "schedule") == text);
    CHECK(scene.names_in("main/history") == Ids{"schedule.json"});
    CHECK(repository.read_state("main", "other").empty());
    CHECK(repository.read_state("second", "schedule").empty());
    CHECK(scene.fs.unsynced().empty());

    const std::string largest(Repository::largest_state, 'x');
    repository.write_state("main", "schedule", largest);
    CHECK(repository.read_state("main", "schedule") == largest);
    const auto write = [&](const std::string& name, const std::string& content) {
        return error_of([&] { repository.write_state("main", name, content); }).code();
    };
    CHECK(write("schedule", largest + "x") == ErrorCode::internal);
    for (const char* name : {"", "../x", "a/b", "Schedule", "x.json"}) {
        CHECK(write(name, "") == ErrorCode::internal);
    }
    CHECK(repository.read_state("main", "schedule") == largest);
    std::ofstream(scene.path / "main/history/schedule.json", std::ios::app) << "x";
    CHECK(error_of([&] { repository.read_state("main", "schedule"); }).code() ==
          ErrorCode::damaged);
}

TEST_CASE("a document is the old one or the new one, whatever fails") {
    const std::string before(100, 'b');
    const std::string after(70000, 'a');
    Loop loop;
    loop.prepare = [&](Scene& scene) { scene.repository->write_state("main", "s", before); };
    loop.attempt = [&](Scene& scene) { scene.repository->write_state("main", "s", after); };
    loop.check = [&](Scene& scene, End end, Moment moment) {
        const std::string found = scene.repository->read_state("main", "s");
        CHECK((found == before || found == after));
        if (end == End::success || end == End::uncertain) CHECK(found == after);
        if (end == End::failure) CHECK(found == before);
        CHECK(scene.fs.synced_after_failure().empty());
        // What was not finished is gone at once: on a full disk its space is wanted.
        if (end == End::failure || moment == Moment::after_restart) {
            CHECK(scene.names_in("main/history") == Ids{"s.json"});
        }
    };
    run_loops(loop);
}

// The documents beside a cluster's history: the schedule's state, and what backups took each day.
#include <fstream>

#include "daemon/schedule_state.hpp"
#include "daemon/space_history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using test::error_of;

namespace {

ScheduleState full_state() {
    ScheduleState state;
    EntryState& failed = state.entries["backup cron '0 2 * * *' Europe/Berlin"];
    failed.handled_until = from_iso8601("2026-11-23T01:00:00Z");
    failed.retry_at = from_iso8601("2026-11-23T01:04:11Z");
    failed.ended_at = from_iso8601("2026-11-23T01:02:00Z");
    failed.failures = 3;
    state.entries["verify every 21600s"] = EntryState();
    state.notes = {"first", "with \"quotes\" and \xC3\xA9", "third"};
    state.first_seen = from_iso8601("2026-11-01T00:00:00Z");
    state.overdue = true;
    return state;
}

struct Books {
    Books() { repository.lock(); }

    /// Commits a backup that stores so many bytes of its own, besides what each has.
    void add_backup(const std::string& cluster, const std::string& when, std::size_t size) {
        BackupDraft draft(repository, cluster, from_iso8601(when));
        const std::string text(size, 'x');
        write_new_file(real_fs(), draft.directory(), "base.tar", as_bytes(text));
        Metadata metadata;
        metadata.tsbackup_version = "1";
        metadata.server_version = "17.1";
        metadata.server_version_num = 170001;
        metadata.system_identifier = 1;
        metadata.wal_segment_size = 16 << 20;
        metadata.timeline = 1;
        metadata.started_at = metadata.stopped_at = from_iso8601(when);
        metadata.stored_bytes = size;
        metadata.files.push_back({"base.tar", size, std::string(64, '0')});
        draft.commit(metadata);
    }
    std::uint64_t stored(const std::string& cluster) {
        std::uint64_t sum = 0;
        for (const BackupEntry& entry : repository.list(cluster)) {
            sum += entry.metadata->stored_bytes;
        }
        return sum;
    }

    test::TempDir directory;
    std::filesystem::path path = directory.path() / "repository";
    Repository repository = [this] {
        Repository::create(real_fs(), path);
        return Repository::open(real_fs(), path);
    }();
};

}  // namespace

TEST_CASE("a schedule's state reads back as it was written") {
    CHECK(decode_schedule_state(encode_schedule_state(full_state())) == full_state());
    CHECK(decode_schedule_state(encode_schedule_state({})) == ScheduleState());
    CHECK(decode_schedule_state("") == ScheduleState());
}

TEST_CASE("a cut or changed state is damaged, or says what it says, and nothing worse") {
    const std::string text = encode_schedule_state(full_state());
    const std::size_t whole = text.find_last_of('}') + 1;
    for (std::size_t length = 1; length < whole; ++length) {
        CAPTURE(length);
        CHECK(error_of([&] { decode_schedule_state(text.substr(0, length)); }).code() ==
              ErrorCode::damaged);
    }
    for (std::size_t place = 0; place < whole; ++place) {
        for (const char other : {'\0', '}', '"', '9', '\xff'}) {
            std::string changed = text;
            changed[place] = other;
            try {
                decode_schedule_state(changed);
            } catch (const Error& error) {
                CHECK(error.code() == ErrorCode::damaged);
            }
        }
    }
}

TEST_CASE("a state of another shape is damaged") {
    for (const char* text :
         {"null", "1", "[]", "{}", "\"x\"", R"({"overdue":1,"notes":[],"entries":{}})",
          R"({"overdue":false,"notes":[1],"entries":{}})",
          R"({"overdue":false,"notes":{"a":1},"entries":{}})",
          R"({"overdue":false,"notes":[],"entries":{"k":{"failures":"1"}}})",
          R"({"overdue":false,"notes":[],"entries":{"k":{"failures":-1}}})",
          R"({"overdue":false,"notes":[],"entries":{"k":{"failures":1e30}}})",
          R"({"overdue":false,"notes":[],"entries":{"k":{"failures":0,"retry_at":5}}})",
          R"({"overdue":false,"notes":[],"entries":{},"first_seen":"9999-01-01T00:00:00Z"})",
          R"({"overdue":false,"notes":[],"entries":{},"first_seen":"yesterday"})"}) {
        CAPTURE(text);
        CHECK(error_of([&] { decode_schedule_state(text); }).code() == ErrorCode::damaged);
    }
}

TEST_CASE("what backups took is noted once a day, the last time counts") {
    Books books;
    books.add_backup("main", "2026-11-20T02:00:00Z", 100);
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-20T02:01:00Z"));
    const std::uint64_t first = books.stored("main");
    REQUIRE(first >= 100);
    books.add_backup("main", "2026-11-20T23:00:00Z", 1000);
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-20T23:59:59Z"));
    const std::uint64_t second = books.stored("main");
    REQUIRE(second >= first + 1000);
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-21T00:00:00Z"));
    const std::vector<SpaceSample> samples = stored_bytes_history(books.repository);
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].at == from_iso8601("2026-11-20T23:59:59Z"));
    CHECK(samples[0].stored_bytes == second);
    CHECK(samples[1].at == from_iso8601("2026-11-21T00:00:00Z"));
    CHECK(samples[1].stored_bytes == second);
}

TEST_CASE("the last sixty days are kept") {
    Books books;
    for (int day = 0; day < 70; ++day) {
        note_stored_bytes(books.repository, "main",
                          from_iso8601("2026-09-01T02:00:00Z") + std::chrono::days(day));
    }
    const std::vector<SpaceSample> samples = stored_bytes_history(books.repository);
    REQUIRE(samples.size() == 60);
    CHECK(samples.front().at == from_iso8601("2026-09-11T02:00:00Z"));
    CHECK(samples.back().at == from_iso8601("2026-11-09T02:00:00Z"));
}

TEST_CASE("clusters are added up at each time one of them was noted") {
    Books books;
    books.add_backup("main", "2026-11-20T02:00:00Z", 100);
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-20T02:00:00Z"));
    books.add_backup("spare", "2026-11-20T03:00:00Z", 1000);
    note_stored_bytes(books.repository, "spare", from_iso8601("2026-11-20T03:00:00Z"));
    const std::uint64_t main_then = books.stored("main");
    books.add_backup("main", "2026-11-21T02:00:00Z", 10000);
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-21T02:00:00Z"));
    const std::vector<SpaceSample> samples = stored_bytes_history(books.repository);
    REQUIRE(samples.size() == 3);
    CHECK(samples[0].stored_bytes == main_then);
    CHECK(samples[1].stored_bytes == main_then + books.stored("spare"));
    CHECK(samples[2].stored_bytes == books.stored("main") + books.stored("spare"));
}

TEST_CASE("a clock that was ahead leaves no note that later ones stand behind") {
    Books books;
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-20T02:00:00Z"));
    note_stored_bytes(books.repository, "main", from_iso8601("2036-11-20T02:00:00Z"));
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-21T02:00:00Z"));
    const std::vector<SpaceSample> samples = stored_bytes_history(books.repository);
    REQUIRE(samples.size() == 2);
    CHECK(samples.back().at == from_iso8601("2026-11-21T02:00:00Z"));
}

TEST_CASE("a damaged history of one cluster is left out, and begins anew with the next note") {
    for (const char* text : {"{", "5", "[1]", "{\"a\":1}", "[{\"at\":\"never\"}]",
                             R"([{"at":"2026-11-20T02:00:00Z","stored_bytes":"x"}])",
                             R"([{"at":"2026-11-20T02:00:00Z","stored_bytes":-1}])"}) {
        CAPTURE(text);
        Books books;
        note_stored_bytes(books.repository, "main", from_iso8601("2026-11-20T02:00:00Z"));
        note_stored_bytes(books.repository, "spare", from_iso8601("2026-11-20T03:00:00Z"));
        books.repository.write_state("spare", "space", text);
        CHECK(stored_bytes_history(books.repository).size() == 1);
        note_stored_bytes(books.repository, "spare", from_iso8601("2026-11-21T03:00:00Z"));
        CHECK(stored_bytes_history(books.repository).size() == 2);
    }
}

TEST_CASE("a broken backup counts for nothing where bytes are noted") {
    Books books;
    books.add_backup("main", "2026-11-20T02:00:00Z", 100);
    const std::uint64_t whole = books.stored("main");
    books.add_backup("main", "2026-11-21T02:00:00Z", 1000);
    const std::string id = books.repository.list("main").back().id;
    std::ofstream(books.path / "main" / "backups" / id / "metadata.json") << "{}";
    note_stored_bytes(books.repository, "main", from_iso8601("2026-11-21T03:00:00Z"));
    CHECK(stored_bytes_history(books.repository).front().stored_bytes == whole);
}

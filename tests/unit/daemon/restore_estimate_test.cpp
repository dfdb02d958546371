// What a plan says of the time that a restore will take.
#include "daemon/restore_estimate.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;
using std::chrono::seconds;

namespace {

const SystemTime noon = from_iso8601("2026-11-23T12:00:00Z");

JobRecord job(const std::string& kind, seconds took, std::uint64_t bytes,
              const std::string& outcome = "done") {
    JobRecord record;
    record.kind = kind;
    record.outcome = outcome;
    record.ended_at = noon;
    record.started_at = noon - took;
    record.bytes = bytes;
    record.backup_id = "cluster_backup_20261123_014224";
    return record;
}

BackupEntry drilled(SystemTime at, std::uint64_t restored_ms, std::uint64_t cluster_bytes) {
    BackupEntry entry;
    auto metadata = std::make_shared<Metadata>();
    metadata->cluster_bytes = cluster_bytes;
    entry.metadata = metadata;
    DrillResult& drill = entry.notes.drill.emplace();
    drill.at = at;
    drill.restored_ms = restored_ms;
    drill.recovered_ms = 500;
    return entry;
}

Metadata backup() {
    Metadata metadata;
    metadata.cluster_bytes = 4000;
    metadata.stored_bytes = 1000;
    return metadata;
}

}  // namespace

TEST_CASE("a restore is expected to go at the speed of the last one") {
    CHECK(expected_restore_time(
              {job("restore", seconds(90), 1000), job("restore", seconds(10), 2000),
               job("restore", seconds(99), 2000, "failed"), job("restore", seconds(2), 0),
               job("verify", seconds(50), 1000)},
              {drilled(noon, 70000, 4000)}, backup(), RestoreWay::elsewhere) == seconds(20));
}

TEST_CASE("without a restore the last drill tells, then a verify") {
    const std::vector<JobRecord> verified = {job("verify", seconds(9), 500)};
    CHECK(expected_restore_time(
              verified,
              {drilled(noon, 7000, 2000), drilled(noon - seconds(5), 9000, 2000), BackupEntry()},
              backup(), RestoreWay::elsewhere) == seconds(14));
    CHECK(expected_restore_time(verified, {}, backup(), RestoreWay::elsewhere) == seconds(40));
    auto stuck = drilled(noon, 7000, 2000);
    stuck.notes.drill->recovered_ms = 0;
    CHECK(expected_restore_time(verified, {stuck}, backup(), RestoreWay::elsewhere) == seconds(40));
}

TEST_CASE("a drill tells how long the server takes in place, for so long as that can be") {
    auto drill = drilled(noon, 7000, 2000);
    CHECK(expected_restore_time({}, {drill}, backup(), RestoreWay::in_place) == seconds(15));
    drill.notes.drill->recovered_ms = 90000;
    CHECK(expected_restore_time({}, {drill}, backup(), RestoreWay::in_place) == seconds(16));
}

TEST_CASE("a verify of several backups tells no speed") {
    JobRecord all = job("verify", seconds(900), 500);
    all.backup_id.clear();
    CHECK(expected_restore_time({job("verify", seconds(9), 500), all}, {}, backup(),
                                RestoreWay::elsewhere) == seconds(40));
}

TEST_CASE("what was never done is not guessed, and nothing takes no time") {
    CHECK_FALSE(expected_restore_time({job("backup", seconds(9), 500)}, {}, backup(),
                                      RestoreWay::elsewhere));
    CHECK(expected_restore_time({job("restore", seconds(0), 4000000)}, {}, backup(),
                                RestoreWay::elsewhere) == seconds(1));
}

TEST_CASE("a restore in place takes the time of its server besides") {
    JobRecord in_place = job("restore", seconds(25), 2000);
    in_place.in_place = true;
    const auto elsewhere = job("restore", seconds(10), 2000);
    const auto expected = [](const std::vector<JobRecord>& history, RestoreWay way) {
        return expected_restore_time(history, {}, backup(), way);
    };
    // 23.5 s of copying 2000 bytes, and 1.5 s of the server.
    CHECK(expected({in_place}, RestoreWay::in_place) == seconds(49));
    CHECK(expected({in_place}, RestoreWay::elsewhere) == seconds(47));
    CHECK(expected({elsewhere}, RestoreWay::in_place) == seconds(22));
    // Each way by its own, whichever came last.
    for (const auto& both : {std::vector{in_place, elsewhere}, std::vector{elsewhere, in_place}}) {
        CHECK(expected(both, RestoreWay::in_place) == seconds(49));
        CHECK(expected(both, RestoreWay::elsewhere) == seconds(20));
    }
    CHECK(expected({job("verify", seconds(9), 500)}, RestoreWay::in_place) == seconds(42));
}

TEST_CASE("of a short restore in place the server had at most two fifths") {
    JobRecord in_place = job("restore", seconds(2), 4000);
    in_place.in_place = true;
    CHECK(expected_restore_time({in_place}, {}, backup(), RestoreWay::in_place) == seconds(2));
    CHECK(expected_restore_time({in_place}, {}, backup(), RestoreWay::elsewhere) == seconds(2));
}

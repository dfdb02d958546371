#include "core/plan/health.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t megabyte = 1 << 20;
constexpr std::uint64_t gigabyte = 1 << 30;
const SystemTime looked_at = from_iso8601("2026-11-23T12:00:00Z");

/// Daily backups up to an hour ago, 490 to 512 MB in ten minutes each.
ClusterHealthFacts healthy_cluster() {
    ClusterHealthFacts facts;
    facts.cluster = "main";
    facts.schedule_period = hours(24);
    facts.last_job = LastBackupJob{JobEnd::done, looked_at - hours(1), ""};
    for (unsigned i = 0; i < 21; ++i) {
        facts.backups.push_back({.id = "b" + std::to_string(100 - i),
                                 .stopped_at = looked_at - hours(1 + 24 * i),
                                 .stored_bytes = (490 + i * 22 / 20) * megabyte,
                                 .duration = minutes(10)});
    }
    return facts;
}

RepositoryHealthFacts repository_of(std::uint64_t total_bytes, std::uint64_t free_bytes) {
    RepositoryHealthFacts facts;
    facts.total_bytes = total_bytes;
    facts.free_bytes = free_bytes;
    return facts;
}

/// "problem overdue: <sentence>" of each.
std::vector<std::string> told(const std::vector<Finding>& findings) {
    std::vector<std::string> lines;
    for (const Finding& finding : findings) {
        lines.push_back(std::string(to_string(finding.severity)) + " " +
                        std::string(to_string(finding.code)) + ": " + finding.sentence);
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a cluster with good backups in time has no findings") {
    CHECK(told(cluster_findings(healthy_cluster(), looked_at)).empty());
    CHECK(told(cluster_findings(ClusterHealthFacts{}, looked_at)).empty());
}

TEST_CASE("a cluster without a young good backup is overdue") {
    const auto findings = cluster_findings(healthy_cluster(), looked_at + hours(50));
    CHECK(told(findings) == Lines{"problem overdue: cluster main: no good backup for 2 d 3 h, "
                                  "expected every 24 h"});
    CHECK(findings[0].cluster == "main");
    CHECK_FALSE(is_healthy(findings));
}

TEST_CASE("a last job that failed or was interrupted is a problem, a cancelled one is not") {
    auto facts = healthy_cluster();
    facts.last_job =
        LastBackupJob{JobEnd::failed, looked_at - hours(3), "cannot connect\nto server"};
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem last_failed: cluster main: the last backup failed 3 h ago: cannot "
                "connect\\x0Ato server"});
    facts.last_job->end = JobEnd::interrupted;
    facts.last_job->message.clear();
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem last_failed: cluster main: the last backup was interrupted 3 h ago"});
    facts.last_job->end = JobEnd::cancelled;
    CHECK(cluster_findings(facts, looked_at).empty());
}

TEST_CASE("damaged and broken backups are named, newest first, up to three") {
    auto facts = healthy_cluster();
    facts.backups[9].condition = BackupCondition::damaged;
    for (const std::size_t i : {18U, 12U, 15U, 11U}) {
        facts.backups[i].condition = BackupCondition::broken;
    }
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem damaged: cluster main: 1 backup is damaged: b91",
                "problem broken: cluster main: 4 backups are broken: b89, b88, b85 and 1 more"});
    facts.backups[11].condition = BackupCondition::in_progress;
    CHECK(told(cluster_findings(facts, looked_at)).back() ==
          "problem broken: cluster main: 3 backups are broken: b88, b85, b82");
}

TEST_CASE("a backup from the future puts the clock in doubt and counts for nothing else") {
    auto facts = healthy_cluster();
    facts.backups.push_back({.id = "f", .stopped_at = looked_at + hours(3), .stored_bytes = 1});
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem clock_doubt: cluster main: backup f ended 3 h in the future: a clock was "
                "or is wrong"});
    // All of them: the age is unknown, which is not overdue.
    const auto findings = cluster_findings(healthy_cluster(), looked_at - hours(24 * 365));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == HealthCode::clock_doubt);
}

TEST_CASE(
    "a cluster whose last good drill is too old is unhealthy, equal to the limit is in time") {
    auto facts = healthy_cluster();
    facts.max_drill_age = hours(24 * 35);
    facts.good_drills = {looked_at - hours(24 * 36), looked_at - hours(24 * 35),
                         looked_at - hours(24 * 99)};
    CHECK(cluster_findings(facts, looked_at).empty());
    facts.good_drills[1] -= seconds(1);
    const auto findings = cluster_findings(facts, looked_at);
    CHECK(told(findings) == Lines{"problem drill_overdue: cluster main: no good drill for 35 d, "
                                  "max_drill_age is 35 d"});
    CHECK_FALSE(is_healthy(findings));
    facts.max_drill_age.reset();
    CHECK(cluster_findings(facts, looked_at).empty());
}

TEST_CASE("a cluster without a good drill is unhealthy once one could have been") {
    auto facts = healthy_cluster();
    facts.max_drill_age = hours(24);
    const Lines none = {
        "problem drill_overdue: cluster main: no good drill, max_drill_age is 24 h"};
    CHECK(told(cluster_findings(facts, looked_at)) == none);
    facts.expected_since = looked_at - hours(24);
    CHECK(cluster_findings(facts, looked_at).empty());
    facts.expected_since = looked_at - hours(24) - seconds(1);
    CHECK(told(cluster_findings(facts, looked_at)) == none);
    facts.good_drills = {looked_at + hours(1)};  // of a clock that was wrong
    CHECK(told(cluster_findings(facts, looked_at)) == none);
    facts.good_drills.push_back(looked_at - hours(23));
    CHECK(cluster_findings(facts, looked_at).empty());
}

TEST_CASE("a sudden change of the size is told with what was usual") {
    auto facts = healthy_cluster();
    facts.backups[0].stored_bytes = 12 * megabyte;
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem size_jump: cluster main: the newest backup stored 12MB, the last 20 "
                "stored 491MB to 512MB, median 502MB"});
    facts.backups[0].stored_bytes = 3 * gigabyte;
    REQUIRE(cluster_findings(facts, looked_at).size() == 1);

    facts.backups.resize(2);
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem size_jump: cluster main: the newest backup stored 3.0GB, the one before "
                "stored 491MB"});
    facts.backups.resize(1);
    CHECK(cluster_findings(facts, looked_at).empty());
}

TEST_CASE("one WAL segment more or less is no change of size") {
    auto facts = healthy_cluster();
    for (BackupSample& backup : facts.backups) backup.stored_bytes = 40 * megabyte;
    facts.backups[0].stored_bytes = 56 * megabyte;
    CHECK(cluster_findings(facts, looked_at).empty());
    facts.backups[0].stored_bytes = 57 * megabyte;
    CHECK(cluster_findings(facts, looked_at).size() == 1);
    for (BackupSample& backup : facts.backups) backup.stored_bytes = 4 * megabyte;
    facts.backups[0].stored_bytes = megabyte;
    CHECK(cluster_findings(facts, looked_at).size() == 1);
}

TEST_CASE("a sudden change of the duration is told, but not of a minute or by a half") {
    auto facts = healthy_cluster();
    facts.backups[0].duration = hours(4);
    CHECK(told(cluster_findings(facts, looked_at)) ==
          Lines{"problem duration_jump: cluster main: the newest backup took 4 h, the last 20 took "
                "10 min"});
    facts.backups[0].duration = minutes(15);
    CHECK(cluster_findings(facts, looked_at).empty());
    for (BackupSample& backup : facts.backups) backup.duration = seconds(2);
    facts.backups[0].duration = seconds(62);
    CHECK(cluster_findings(facts, looked_at).empty());
    facts.backups[0].duration = seconds(63);
    CHECK(cluster_findings(facts, looked_at).size() == 1);
}

TEST_CASE("jumps are looked for among good backups in the order of their stop times") {
    auto facts = healthy_cluster();
    facts.backups[0].stored_bytes = 1;
    facts.backups[0].condition = BackupCondition::damaged;
    std::reverse(facts.backups.begin(), facts.backups.end());
    const auto findings = cluster_findings(facts, looked_at);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].code == HealthCode::damaged);
}

TEST_CASE("a repository is full when a twentieth is free or the next backup does not fit") {
    RepositoryHealthFacts facts = repository_of(1000 * gigabyte, 50 * gigabyte);
    CHECK(repository_findings(facts).empty());
    --facts.free_bytes;
    const auto findings = repository_findings(facts);
    CHECK(told(findings) ==
          Lines{"problem repository_full: repository: nearly full, 50.0GB of 1000.0GB free"});
    CHECK(findings[0].cluster.empty());

    facts.free_bytes = 60 * gigabyte;
    facts.next_backup_bytes = 60 * gigabyte;
    CHECK(repository_findings(facts).empty());
    ++facts.next_backup_bytes;
    CHECK(told(repository_findings(facts)) ==
          Lines{"problem repository_full: repository: 60.0GB free, the next backup needs about "
                "60.0GB"});
    CHECK(repository_findings(RepositoryHealthFacts{}).empty());
}

TEST_CASE("a repository that cannot be written to says why") {
    RepositoryHealthFacts facts = repository_of(100, 90);
    facts.write_problem = "read-only file system";
    CHECK(
        told(repository_findings(facts)) ==
        Lines{"problem repository_not_writable: repository: not writable: read-only file system"});
}

TEST_CASE("a repository that is full within two weeks at its growth is warned of") {
    RepositoryHealthFacts facts = repository_of(1000 * gigabyte, 130 * gigabyte);
    for (unsigned day = 0; day < 10; ++day) {
        facts.history.push_back({looked_at - hours(24 * day), (900 - 10 * day) * gigabyte});
    }
    const auto findings = repository_findings(facts);
    CHECK(told(findings) == Lines{"warning repository_filling: repository: 130.0GB free, full in "
                                  "about 13 d at 10.0GB a day"});
    CHECK(is_healthy(findings));
    facts.free_bytes = 140 * gigabyte;
    CHECK(repository_findings(facts).empty());
}

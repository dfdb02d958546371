// Health of any facts: no overflow, no division by zero, no broken sentence. Under the sanitizers.
#include <array>

#include "core/plan/health.hpp"
#include "core/plan/overdue.hpp"
#include "core/plan/space.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/plan/random.hpp"

using namespace tsb;

namespace {

using std::chrono::seconds;

class RandomFacts : public test::Random {
public:
    using Random::Random;

    std::uint64_t bytes() {
        const std::array<std::uint64_t, 6> sizes = {0,
                                                    1,
                                                    below(1000),
                                                    std::uint64_t{500} << 20,
                                                    below(~std::uint64_t{0}),
                                                    ~std::uint64_t{0}};
        return sizes[below(sizes.size())];
    }
    seconds span() {
        const std::array spans = {seconds::min(), seconds(0), seconds(below(100)),
                                  seconds(below(10 * 366 * std::uint64_t{86400})), seconds::max()};
        return spans[below(spans.size())];
    }
    SystemTime time() {
        const std::array<SystemTime, 6> times = {
            SystemTime::min(),
            SystemTime::max(),
            SystemTime(),
            from_iso8601("1700-01-01T00:00:00Z"),
            from_iso8601("2199-12-31T23:59:59Z"),
            from_iso8601("2026-01-01T00:00:00Z") + seconds(below(20 * 366 * std::uint64_t{86400}))};
        return times[below(times.size())];
    }
};

ClusterHealthFacts random_cluster(RandomFacts& random) {
    ClusterHealthFacts facts;
    facts.cluster = "main";
    facts.backups.resize(random.below(30));
    for (BackupSample& backup : facts.backups) {
        backup.id = "b" + std::to_string(random.below(100));
        backup.stopped_at = random.time();
        if (random.one_in(4)) backup.condition = BackupCondition(1 + random.below(3));
        backup.stored_bytes = random.bytes();
        backup.duration = random.span();
    }
    if (random.one_in(2)) {
        facts.last_job = LastBackupJob{JobEnd(random.below(4)), random.time(), "it \x1b[2J broke"};
    }
    if (random.one_in(2)) facts.schedule_period = random.span();
    if (random.one_in(2)) facts.max_age = random.span();
    if (random.one_in(2)) facts.max_drill_age = random.span();
    facts.good_drills.resize(random.below(4));
    for (SystemTime& drill : facts.good_drills) drill = random.time();
    if (random.one_in(2)) facts.expected_since = random.time();
    return facts;
}

RepositoryHealthFacts random_repository(RandomFacts& random) {
    RepositoryHealthFacts facts;
    facts.total_bytes = random.bytes();
    facts.free_bytes = random.bytes();
    facts.next_backup_bytes = random.bytes();
    facts.history.resize(random.below(40));
    for (SpaceSample& sample : facts.history) sample = {random.time(), random.bytes()};
    if (random.one_in(2)) facts.write_problem = "a\nb";
    return facts;
}

void require_one_line(const std::vector<Finding>& findings, const std::string& subject) {
    for (const Finding& finding : findings) {
        CAPTURE(finding.sentence);
        REQUIRE(finding.sentence.starts_with(subject));
        for (const char byte : finding.sentence) REQUIRE((byte >= ' ' && byte <= '~'));
        REQUIRE_FALSE(to_string(finding.code).empty());
    }
}

}  // namespace

TEST_CASE("health of any facts is told in single lines that name their subject") {
    std::size_t told = 0;
    for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
        CAPTURE(seed);
        RandomFacts random(seed);
        const ClusterHealthFacts cluster = random_cluster(random);
        const SystemTime now = random.time();
        const auto findings = cluster_findings(cluster, now);
        require_one_line(findings, "cluster main: ");
        const auto age = judge_age(cluster, now);
        const bool overdue = !findings.empty() && findings.front().code == HealthCode::overdue;
        REQUIRE(overdue == (age.state == AgeState::overdue));

        const RepositoryHealthFacts repository = random_repository(random);
        require_one_line(repository_findings(repository), "repository: ");
        const auto growth = growth_per_day(repository.history);
        if (growth) REQUIRE(*growth > 0);
        told += findings.size();
    }
    CHECK(told > 5000);
}

TEST_CASE("ten years ahead a cluster is overdue by its age and nothing else changes") {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        CAPTURE(seed);
        RandomFacts random(seed);
        ClusterHealthFacts facts;
        facts.cluster = "main";
        facts.schedule_period = std::chrono::hours(24);
        const SystemTime now = from_iso8601("2026-11-23T12:00:00Z");
        for (std::uint64_t i = random.below(30) + 1; i > 0; --i) {
            facts.backups.push_back({.id = std::to_string(i),
                                     .stopped_at = now - seconds(random.below(90'000) * i),
                                     .stored_bytes = random.bytes(),
                                     .duration = seconds(random.below(5000))});
        }
        auto before = cluster_findings(facts, now);
        std::erase_if(before, [](const auto& one) { return one.code == HealthCode::overdue; });
        const auto later = cluster_findings(facts, now + std::chrono::days(3653));
        REQUIRE(later.size() == before.size() + 1);
        REQUIRE(later[0].code == HealthCode::overdue);
        for (std::size_t i = 0; i < before.size(); ++i) {
            REQUIRE(later[i + 1].sentence == before[i].sentence);
        }
    }
}

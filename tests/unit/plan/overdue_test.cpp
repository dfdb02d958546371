#include "core/plan/overdue.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

using std::chrono::hours;
using std::chrono::seconds;

const SystemTime asked_at = from_iso8601("2026-11-23T12:00:00Z");

ClusterHealthFacts main_with_backup(seconds age) {
    ClusterHealthFacts facts;
    facts.cluster = "main";
    facts.backups = {{.id = "b", .stopped_at = asked_at - age}};
    return facts;
}

ClusterHealthFacts daily_with_backup(seconds age) {
    ClusterHealthFacts facts = main_with_backup(age);
    facts.schedule_period = hours(24);
    return facts;
}

AgeVerdict verdict(const std::string& cluster, AgeState state) {
    return {cluster, state, "said"};
}

}  // namespace

TEST_CASE("without a schedule and without max_age no backup is too old") {
    CHECK(judge_age(main_with_backup(hours(99'999)), asked_at).state == AgeState::unlimited);
    CHECK(judge_age(ClusterHealthFacts{}, asked_at).state == AgeState::unlimited);
}

TEST_CASE("a backup is in time up to twice the schedule's period") {
    CHECK(judge_age(daily_with_backup(hours(48)), asked_at).state == AgeState::in_time);
    const auto late = judge_age(daily_with_backup(hours(51)), asked_at);
    CHECK(late.state == AgeState::overdue);
    CHECK(late.sentence == "cluster main: no good backup for 2 d 3 h, expected every 24 h");
    CHECK(judge_age(daily_with_backup(hours(48) + seconds(1)), asked_at).state ==
          AgeState::overdue);
    CHECK(judge_age(daily_with_backup(hours(2)), asked_at).sentence ==
          "cluster main: the newest good backup ended 2 h ago");
    auto rare = daily_with_backup(hours(99));
    rare.schedule_period = seconds::max();
    CHECK(judge_age(rare, asked_at).state == AgeState::in_time);
}

TEST_CASE("max_age goes before the schedule") {
    auto facts = daily_with_backup(hours(27));
    facts.max_age = hours(26);
    CHECK(judge_age(facts, asked_at).sentence ==
          "cluster main: no good backup for 27 h, max_age is 26 h");
    facts.max_age = hours(27);
    CHECK(judge_age(facts, asked_at).state == AgeState::in_time);
    facts.schedule_period.reset();
    facts.max_age = hours(1);
    CHECK(judge_age(facts, asked_at).state == AgeState::overdue);
}

TEST_CASE("only good backups are young enough, and the newest of them counts") {
    auto facts = daily_with_backup(hours(1));
    for (const auto condition :
         {BackupCondition::damaged, BackupCondition::broken, BackupCondition::in_progress}) {
        facts.backups[0].condition = condition;
        CHECK(judge_age(facts, asked_at).sentence ==
              "cluster main: no good backup, expected every 24 h");
    }
    facts.backups.push_back({.id = "c", .stopped_at = asked_at - hours(40)});
    facts.backups.push_back({.id = "d", .stopped_at = asked_at - hours(90)});
    CHECK(judge_age(facts, asked_at).state == AgeState::in_time);
}

TEST_CASE("a cluster that is new is not overdue before its limit has passed") {
    ClusterHealthFacts facts;
    facts.cluster = "main";
    facts.schedule_period = hours(24);
    CHECK(judge_age(facts, asked_at).state == AgeState::overdue);
    facts.expected_since = asked_at - hours(48);
    CHECK(judge_age(facts, asked_at).state == AgeState::in_time);
    facts.expected_since = asked_at - hours(48) - seconds(1);
    CHECK(judge_age(facts, asked_at).state == AgeState::overdue);
}

TEST_CASE("a backup from the future tells nothing of the age") {
    auto facts = daily_with_backup(-hours(1));
    CHECK(judge_age(facts, asked_at).state == AgeState::unknown);
    facts.backups.push_back({.id = "c", .stopped_at = asked_at - hours(90)});
    CHECK(judge_age(facts, asked_at).state == AgeState::overdue);
    CHECK(judge_age(daily_with_backup(-std::chrono::minutes(5)), asked_at).state ==
          AgeState::in_time);
}

TEST_CASE("each change is told once") {
    const std::vector<AgeState> states = {AgeState::in_time, AgeState::overdue, AgeState::overdue,
                                          AgeState::unknown, AgeState::overdue, AgeState::in_time,
                                          AgeState::unknown, AgeState::in_time, AgeState::overdue};
    std::set<std::string> overdue;
    std::vector<std::string> told;
    for (const AgeState state : states) {
        const std::vector present = {verdict("main", state), verdict("other", AgeState::in_time)};
        const OverdueStep step = next_overdue(overdue, present);
        told.emplace_back("-");
        for (const HealthChange& change : step.changes) {
            CHECK(change.cluster == "main");
            CHECK(change.sentence == "said");
            told.back() = to_string(change.turn);
        }
        overdue = step.overdue;
    }
    CHECK(told == std::vector<std::string>{"-", "overdue", "-", "-", "-", "recovered", "-", "-",
                                           "overdue"});
    CHECK(overdue == std::set<std::string>{"main"});
}

TEST_CASE("a cluster that is gone or has no limit any more has not recovered") {
    const std::vector present = {verdict("free", AgeState::unlimited),
                                 verdict("late", AgeState::overdue)};
    const OverdueStep step = next_overdue({"gone", "free", "late"}, present);
    CHECK(step.changes.empty());
    CHECK(step.overdue == std::set<std::string>{"late"});
}

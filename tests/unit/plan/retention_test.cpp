#include "core/plan/retention.hpp"

#include "tests/unit/plan/retention_cases.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

const SystemTime pruned_at = from_iso8601("2026-11-23T12:00:00Z");

RetentionPolicy keep_last(unsigned count) {
    RetentionPolicy policy;
    policy.keep_last = count;
    return policy;
}

const std::vector<BackupFacts> four = {
    good_backup("2026-11-20T02:00:00Z"), good_backup("2026-11-21T02:00:00Z"),
    good_backup("2026-11-22T02:00:00Z"), good_backup("2026-11-23T02:00:00Z")};

}  // namespace

TEST_CASE("retention of no backups is no verdicts") {
    CHECK(decide_retention({}, keep_last(1), pruned_at).empty());
    CHECK(decide_retention({}, {}, pruned_at).empty());
}

TEST_CASE("a policy without a rule keeps everything, whatever min_keep is") {
    RetentionPolicy policy;
    policy.min_keep = 2;
    CHECK(policy.empty());
    const auto verdicts = decide_retention(four, policy, pruned_at);
    CHECK(kept_ids(verdicts).size() == 4);
    CHECK(sentence_of(verdicts, "2026-11-20T02:00:00Z") == "keep: policy keeps everything");
    policy.keep_within = std::chrono::seconds(-1);
    CHECK(policy.empty());
}

TEST_CASE("every rule makes a policy that is not empty") {
    for (unsigned RetentionPolicy::*rule :
         {&RetentionPolicy::keep_last, &RetentionPolicy::keep_hourly, &RetentionPolicy::keep_daily,
          &RetentionPolicy::keep_weekly, &RetentionPolicy::keep_monthly,
          &RetentionPolicy::keep_yearly}) {
        RetentionPolicy policy;
        policy.*rule = 1;
        CHECK_FALSE(policy.empty());
        CHECK(kept_ids(decide_retention(four, policy, pruned_at)).count("2026-11-23T02:00:00Z") ==
              1);
    }
    RetentionPolicy policy;
    policy.keep_within = std::chrono::seconds(1);
    CHECK_FALSE(policy.empty());
}

TEST_CASE("verdicts come in the order of the backups and name every rule that speaks") {
    RetentionPolicy policy = keep_last(2);
    policy.keep_within = std::chrono::hours(30);
    policy.keep_daily = 1;
    policy.keep_weekly = 1;
    const auto verdicts = decide_retention(four, policy, pruned_at);
    REQUIRE(verdicts.size() == 4);
    CHECK(verdicts[0].id == four[0].id);
    CHECK(to_sentence(verdicts[3]) ==
          "keep: the newest good backup; one of the last 2; within 30 h of the newest; newest of "
          "day 2026-11-23; newest of week 2026-W48");
    CHECK(to_sentence(verdicts[2]) == "keep: one of the last 2; within 30 h of the newest");
    CHECK(to_sentence(verdicts[1]) ==
          "remove: no rule keeps it: not among the last 2, more than 30 h before the newest, day "
          "2026-11-21 is not among the last 1, week 2026-W47 is not among the last 1");
}

TEST_CASE("keep_within counts a backup that is exactly as old") {
    RetentionPolicy policy;
    policy.keep_within = std::chrono::hours(24);
    CHECK(kept_ids(decide_retention(four, policy, pruned_at)) ==
          std::set<std::string>{"2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z"});
    policy.keep_within -= std::chrono::seconds(1);
    CHECK(kept_ids(decide_retention(four, policy, pruned_at)).size() == 1);
    policy.keep_within = std::chrono::seconds::max();
    CHECK(kept_ids(decide_retention(four, policy, pruned_at)).size() == 4);
}

TEST_CASE("equal stop times are ordered by id") {
    std::vector<BackupFacts> twins = {four[0], four[0], four[0]};
    twins[0].id = "b";
    twins[1].id = "c";
    twins[2].id = "a";
    CHECK(kept_ids(decide_retention(twins, keep_last(1), pruned_at)) == std::set<std::string>{"c"});
}

TEST_CASE("what is pinned, in use, in progress, damaged or broken is kept and says why") {
    auto backups = four;
    backups[0].pin_reason = "before\nupgrade";
    backups[0].in_use = "being restored";
    backups[1].condition = BackupCondition::damaged;
    backups[2].condition = BackupCondition::broken;
    backups.push_back(good_backup("2026-11-19T02:00:00Z"));
    backups.back().pin_reason = "";
    backups.push_back(good_backup("2026-11-18T02:00:00Z"));
    backups.back().condition = BackupCondition::in_progress;
    backups.push_back(good_backup("2026-11-17T02:00:00Z"));
    const auto verdicts = decide_retention(backups, keep_last(1), pruned_at);
    CHECK(to_sentence(verdicts[0]) == "keep: pinned: before\\x0Aupgrade; in use: being restored");
    CHECK(to_sentence(verdicts[1]) == "keep: damaged: remove it by hand or with delete");
    CHECK(to_sentence(verdicts[2]) == "keep: broken: remove it by hand or with delete");
    CHECK(to_sentence(verdicts[4]) == "keep: pinned");
    CHECK(to_sentence(verdicts[5]) == "keep: in progress");
    CHECK(to_sentence(verdicts[6]) == "remove: no rule keeps it: not the last one");
}

TEST_CASE("backups that are not good count for no rule") {
    auto backups = four;
    backups[3].condition = BackupCondition::damaged;
    backups[2].condition = BackupCondition::broken;
    const auto verdicts = decide_retention(backups, keep_last(1), pruned_at);
    CHECK(to_sentence(verdicts[1]) == "keep: the newest good backup; the last one");
    CHECK_FALSE(verdicts[0].keep);
}

TEST_CASE("min_keep holds the newest good backups; 0 is taken as 1") {
    RetentionPolicy policy;
    policy.keep_within = std::chrono::seconds(1);
    policy.min_keep = 3;
    const auto verdicts = decide_retention(four, policy, pruned_at);
    CHECK(kept_ids(verdicts).size() == 3);
    CHECK(to_sentence(verdicts[1]) == "keep: one of at least 3 (min_keep)");
    policy.min_keep = 0;
    CHECK(kept_ids(decide_retention(four, policy, pruned_at)).size() == 1);
    policy.min_keep = 4'000'000'000;
    CHECK(kept_ids(decide_retention(four, policy, pruned_at)).size() == 4);
}

TEST_CASE("a backup from the future is kept and takes nobody's place") {
    auto backups = four;
    backups.push_back(good_backup("2036-11-23T02:00:00Z"));
    const auto verdicts = decide_retention(backups, keep_last(1), pruned_at);
    CHECK(to_sentence(verdicts[4]) ==
          "keep: ended in the future, at 2036-11-23T02:00:00Z: a clock was or is wrong");
    CHECK(to_sentence(verdicts[3]) == "keep: the newest good backup; the last one");
    CHECK_FALSE(verdicts[2].keep);

    // Clocks that differ by less are no doubt: five minutes.
    backups[4] = good_backup("2026-11-23T12:05:00Z");
    CHECK_FALSE(decide_retention(backups, keep_last(1), pruned_at)[3].keep);
    backups[4] = good_backup("2026-11-23T12:05:01Z");
    CHECK(decide_retention(backups, keep_last(1), pruned_at)[3].keep);
}

TEST_CASE("each server is a group: a new one never pushes out the old one's backups") {
    std::vector<BackupFacts> backups;
    for (const char* day : {"01", "02", "03"}) {
        backups.push_back(good_backup(std::string("2026-11-") + day + "T02:00:00Z", 71));
    }
    for (const char* day : {"11", "12", "13", "14", "15"}) {
        backups.push_back(good_backup(std::string("2026-11-") + day + "T02:00:00Z", 70));
    }
    const auto verdicts = decide_retention(backups, keep_last(2), pruned_at);
    CHECK(kept_ids(verdicts) ==
          std::set<std::string>{"2026-11-02T02:00:00Z", "2026-11-03T02:00:00Z",
                                "2026-11-14T02:00:00Z", "2026-11-15T02:00:00Z"});
    CHECK(to_sentence(verdicts[0]) ==
          "remove: no rule keeps it: not among the last 2, counted apart, as of system 71");
    CHECK(to_sentence(verdicts[2]) ==
          "keep: the newest good backup; one of the last 2; counted apart, as of system 71");
    CHECK(to_sentence(verdicts[7]) == "keep: the newest good backup; one of the last 2");
}

TEST_CASE("days are those of the policy's zone") {
    const std::vector<BackupFacts> night = {good_backup("2026-11-20T22:30:00Z"),
                                            good_backup("2026-11-20T23:30:00Z")};
    RetentionPolicy policy;
    policy.keep_daily = 5;
    CHECK(kept_ids(decide_retention(night, policy, pruned_at)).size() == 1);
    policy.zone = TimeZone::find("Europe/Berlin");
    const auto verdicts = decide_retention(night, policy, pruned_at);
    CHECK(to_sentence(verdicts[0]) == "keep: newest of day 2026-11-20");
    CHECK(to_sentence(verdicts[1]) == "keep: the newest good backup; newest of day 2026-11-21");
}

TEST_CASE("an hour that is there twice is two periods") {
    const std::vector<BackupFacts> night = {
        good_backup("2025-10-26T00:10:00Z"), good_backup("2025-10-26T00:50:00Z"),
        good_backup("2025-10-26T01:10:00Z"), good_backup("2025-10-26T01:50:00Z")};
    RetentionPolicy policy;
    policy.keep_hourly = 9;
    policy.zone = TimeZone::find("Europe/Berlin");
    const auto verdicts = decide_retention(night, policy, pruned_at);
    CHECK(to_sentence(verdicts[0]) ==
          "remove: no rule keeps it: not the newest of hour 2025-10-26 02:00+02:00");
    CHECK(to_sentence(verdicts[1]) == "keep: newest of hour 2025-10-26 02:00+02:00");
    CHECK_FALSE(verdicts[2].keep);
}

TEST_CASE("stop times at the ends of what the clock can count do not overflow") {
    const std::vector<BackupFacts> ends = {good_backup("1700-01-01T00:00:00Z"),
                                           good_backup("2199-12-31T00:00:00Z")};
    RetentionPolicy policy;
    policy.keep_within = std::chrono::hours(24 * 36600);
    CHECK(kept_ids(decide_retention(ends, policy, from_iso8601("2200-01-01T00:00:00Z"))).size() ==
          1);
    CHECK(kept_ids(decide_retention(ends, policy, from_iso8601("1700-01-01T00:00:00Z"))).size() ==
          2);
}

// A year of backups under each policy, compared line by line with golden/<policy>.txt.
// TSB_REWRITE_GOLDEN=1 writes the files anew and fails, so that it is never done unseen.
#include <spdlog/fmt/fmt.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/unit/plan/retention_cases.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::uint64_t old_system = 7301112223334445556;
constexpr std::uint64_t new_system = 7402223334445556667;
const SystemTime year_start = from_iso8601("2025-01-01T00:00:00Z");
const SystemTime upgrade = from_iso8601("2025-06-15T00:00:00Z");
const SystemTime year_end = from_iso8601("2025-12-31T18:00:00Z");

BackupFacts any_backup(std::mt19937_64& random, SystemTime stopped_at) {
    BackupFacts facts = good_backup(to_iso8601(stopped_at));
    facts.system_identifier = stopped_at < upgrade ? old_system : new_system;
    const auto fate = random() % 100;
    if (fate < 3) facts.condition = BackupCondition::broken;
    if (fate >= 3 && fate < 6) facts.condition = BackupCondition::damaged;
    if (fate >= 6 && fate < 8) facts.pin_reason = "before release " + std::to_string(random() % 9);
    if (fate == 8) facts.in_use = "being restored";
    return facts;
}

/// On most days none, on some up to four, at any second; one is from the next year.
std::vector<BackupFacts> year_of_backups() {
    std::mt19937_64 random(2025);
    std::vector<BackupFacts> backups;
    for (SystemTime day = year_start; day < year_end; day += days(1)) {
        const std::array<unsigned, 10> counts = {0, 0, 0, 0, 0, 1, 1, 1, 2, 4};
        SystemTime at = day;
        for (auto count = counts[random() % counts.size()]; count > 0; --count) {
            at += seconds(1 + random() % (4 * 3600));
            backups.push_back(any_backup(random, at));
        }
    }
    backups.push_back(good_backup("2026-03-01T00:00:00Z", new_system));
    return backups;
}

struct Golden {
    const char* name;
    const char* zone;
    RetentionPolicy policy;
    SystemTime now = year_end;
};

RetentionPolicy usual_policy() {
    RetentionPolicy policy;
    policy.keep_last = 7;
    policy.keep_within = days(3);
    policy.keep_daily = 7;
    policy.keep_weekly = 4;
    policy.keep_monthly = 12;
    return policy;
}

RetentionPolicy one_rule(unsigned RetentionPolicy::*rule, unsigned count) {
    RetentionPolicy policy;
    policy.*rule = count;
    return policy;
}

std::vector<Golden> goldens() {
    RetentionPolicy within;
    within.keep_within = days(21);
    RetentionPolicy floor = one_rule(&RetentionPolicy::keep_last, 1);
    floor.min_keep = 5;
    const auto daily = one_rule(&RetentionPolicy::keep_daily, 7);
    return {{"no_rule", "UTC", {}},
            {"last_7", "UTC", one_rule(&RetentionPolicy::keep_last, 7)},
            {"within_21d", "UTC", within},
            {"hourly_24", "Australia/Lord_Howe", one_rule(&RetentionPolicy::keep_hourly, 24)},
            {"daily_7", "Europe/Berlin", daily},
            {"daily_7_far_east", "Pacific/Kiritimati", daily},
            {"weekly_8", "Europe/Berlin", one_rule(&RetentionPolicy::keep_weekly, 8)},
            {"monthly_12", "America/New_York", one_rule(&RetentionPolicy::keep_monthly, 12)},
            {"yearly_2", "Europe/Berlin", one_rule(&RetentionPolicy::keep_yearly, 2)},
            {"min_keep_5", "UTC", floor},
            {"usual", "Europe/Berlin", usual_policy()},
            {"usual_in_july", "Europe/Berlin", usual_policy(), year_start + days(190)},
            {"usual_clock_behind", "Europe/Berlin", usual_policy(), year_start - days(3650)}};
}

std::string verdict_lines(const Golden& golden) {
    RetentionPolicy policy = golden.policy;
    policy.zone = TimeZone::find(golden.zone);
    const auto backups = year_of_backups();
    const auto verdicts = decide_retention(backups, policy, golden.now);
    std::string lines = fmt::format(
        "# last {} within {} h hourly {} daily {} weekly {} monthly {} yearly {} min_keep {}, {}, "
        "now {}: {} of {} kept\n",
        policy.keep_last, policy.keep_within.count() / 3600, policy.keep_hourly, policy.keep_daily,
        policy.keep_weekly, policy.keep_monthly, policy.keep_yearly, policy.min_keep, golden.zone,
        to_iso8601(golden.now), kept_ids(verdicts).size(), backups.size());
    for (const Verdict& verdict : verdicts)
        lines += verdict.id + "  " + to_sentence(verdict) + "\n";
    return lines;
}

std::vector<std::string> lines_of(std::istream& stream) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("a year of backups is kept and removed as the golden files say") {
    const bool rewrite = std::getenv("TSB_REWRITE_GOLDEN") != nullptr;
    for (const Golden& golden : goldens()) {
        const auto path =
            std::filesystem::path(TSB_GOLDEN_DIR) / (std::string(golden.name) + ".txt");
        CAPTURE(path.string());
        const std::string text = verdict_lines(golden);
        if (rewrite) {
            std::ofstream(path) << text;
            continue;
        }
        std::ifstream file(path);
        REQUIRE(file);
        const auto expected = lines_of(file);
        std::istringstream stream(text);
        const auto actual = lines_of(stream);
        for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
            REQUIRE(actual[i] == expected[i]);
        }
        CHECK(actual.size() == expected.size());
    }
    if (rewrite) FAIL("the golden files were written anew: look at what changed");
}

TEST_CASE("a clock ten years ahead changes no verdict of a year of backups") {
    auto backups = year_of_backups();
    backups.pop_back();  // the one from the future
    const auto verdicts = decide_retention(backups, usual_policy(), year_end);
    const auto later = decide_retention(backups, usual_policy(), year_end + days(3653));
    REQUIRE(verdicts.size() == later.size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        REQUIRE(to_sentence(verdicts[i]) == to_sentence(later[i]));
    }
}

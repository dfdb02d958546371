// What holds for retention of any backups under any policy, on random ones; and every verdict
// against an oracle that says the rules as sentences do, one backup at a time.
#include <spdlog/fmt/fmt.h>

#include <array>
#include <ctime>
#include <iomanip>
#include <random>
#include <sstream>

#include "tests/unit/plan/random.hpp"
#include "tests/unit/plan/retention_cases.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

using std::chrono::seconds;

constexpr std::uint64_t rounds = 400;

/// Near changes of the clocks and of the year, in dense and in wide ranges.
std::vector<BackupFacts> random_backups(Random& random) {
    constexpr std::array starts = {"2025-10-26T00:00:00Z", "2025-03-30T00:00:00Z",
                                   "2011-11-06T01:00:00Z", "2024-12-29T00:00:00Z",
                                   "2025-04-05T13:00:00Z"};
    constexpr std::array<std::uint64_t, 4> ranges = {3 * 3600, 5 * 86400, 60 * 86400,
                                                     3 * 366 * 86400};
    const SystemTime start = from_iso8601(starts[random.below(starts.size())]);
    const std::uint64_t range = ranges[random.below(ranges.size())];
    std::vector<BackupFacts> backups(random.below(40));
    for (std::size_t i = 0; i < backups.size(); ++i) {
        BackupFacts& backup = backups[i];
        backup.id = fmt::format("b{:02}", i);
        backup.system_identifier = 1 + random.below(2);
        backup.stopped_at = start + seconds(random.below(range));
        if (i > 0 && random.one_in(10)) backup.stopped_at = backups[i - 1].stopped_at;
        if (random.one_in(8)) backup.condition = BackupCondition(1 + random.below(3));
        if (random.one_in(15)) backup.in_use = "being verified";
        if (random.one_in(15)) backup.pin_reason = "by hand";
    }
    return backups;
}

RetentionPolicy random_policy(Random& random) {
    constexpr std::array zones = {"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe",
                                  "Pacific/Kiritimati"};
    RetentionPolicy policy;
    policy.zone = TimeZone::find(zones[random.below(zones.size())]);
    for (unsigned* rule : {&policy.keep_last, &policy.keep_hourly, &policy.keep_daily,
                           &policy.keep_weekly, &policy.keep_monthly, &policy.keep_yearly}) {
        if (random.one_in(3)) *rule = static_cast<unsigned>(1 + random.below(8));
    }
    if (random.one_in(3)) policy.keep_within = seconds(random.below(5 * 86400));
    policy.min_keep = static_cast<unsigned>(random.below(4));
    return policy;
}

/// Mostly behind all backups, at times in their midst.
SystemTime random_now(Random& random, const std::vector<BackupFacts>& backups) {
    SystemTime now = from_iso8601("2029-01-01T00:00:00Z");
    if (!backups.empty() && random.one_in(4)) {
        now = backups[random.below(backups.size())].stopped_at + seconds(random.below(1200));
    }
    return now;
}

template <class Check>
void for_random_cases(const Check& check) {
    for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        const auto backups = random_backups(random);
        const auto policy = random_policy(random);
        check(random, backups, policy, random_now(random, backups));
    }
}

bool counts(const BackupFacts& backup, SystemTime now) {
    return backup.condition == BackupCondition::good &&
           backup.stopped_at <= now + std::chrono::minutes(5);
}

std::vector<BackupFacts> newer_of_its_group(const std::vector<BackupFacts>& backups,
                                            const BackupFacts& than, SystemTime now) {
    std::vector<BackupFacts> newer;
    for (const BackupFacts& other : backups) {
        if (!counts(other, now) || other.system_identifier != than.system_identifier) continue;
        if (std::pair(other.stopped_at, other.id) > std::pair(than.stopped_at, than.id)) {
            newer.push_back(other);
        }
    }
    return newer;
}

/// The period's name by the C library. `format` "%H" stands for an hour, which its offset names
/// too.
std::string libc_period(const char* format, SystemTime time, const TimeZone& zone) {
    const std::time_t local = zone.to_local(time).time_since_epoch().count();
    std::tm fields{};
    REQUIRE(gmtime_r(&local, &fields) != nullptr);
    std::ostringstream text;
    text << std::put_time(&fields, format);
    if (std::string_view(format).ends_with("%H")) {
        text << ' ' << local - std::chrono::system_clock::to_time_t(time);
    }
    return text.str();
}

bool oracle_keeps(const std::vector<BackupFacts>& backups, const BackupFacts& backup,
                  const RetentionPolicy& policy, SystemTime now) {
    if (policy.empty() || !counts(backup, now) || backup.pin_reason || !backup.in_use.empty()) {
        return true;
    }
    const auto newer = newer_of_its_group(backups, backup, now);
    if (newer.size() < std::max(policy.min_keep, 1U) || newer.size() < policy.keep_last)
        return true;
    const auto newest =
        std::max_element(newer.begin(), newer.end(),
                         [](const auto& a, const auto& b) { return a.stopped_at < b.stopped_at; });
    const SystemTime from = std::min(now, newest->stopped_at);
    if (policy.keep_within.count() > 0 && backup.stopped_at + policy.keep_within >= from) {
        return true;
    }
    const std::array<std::pair<const char*, unsigned>, 5> rules = {
        {{"%Y-%m-%d %H", policy.keep_hourly},
         {"%Y-%m-%d", policy.keep_daily},
         {"%G-W%V", policy.keep_weekly},
         {"%Y-%m", policy.keep_monthly},
         {"%Y", policy.keep_yearly}}};
    return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) {
        const auto& [format, count] = rule;
        std::set<std::string> newer_periods;
        for (const BackupFacts& other : newer) {
            newer_periods.insert(libc_period(format, other.stopped_at, policy.zone));
        }
        return newer_periods.size() < count &&
               !newer_periods.contains(libc_period(format, backup.stopped_at, policy.zone));
    });
}

std::vector<BackupFacts> survivors(const std::vector<BackupFacts>& backups,
                                   const std::vector<Verdict>& verdicts) {
    const auto kept = kept_ids(verdicts);
    std::vector<BackupFacts> left;
    for (const BackupFacts& backup : backups) {
        if (kept.contains(backup.id)) left.push_back(backup);
    }
    return left;
}

}  // namespace

TEST_CASE("retention decides as the oracle does and always gives reasons") {
    std::size_t removed = 0;
    for_random_cases([&](Random&, const auto& backups, const auto& policy, SystemTime now) {
        const auto verdicts = decide_retention(backups, policy, now);
        REQUIRE(verdicts.size() == backups.size());
        for (std::size_t i = 0; i < backups.size(); ++i) {
            CAPTURE(to_sentence(verdicts[i]));
            REQUIRE(verdicts[i].id == backups[i].id);
            REQUIRE_FALSE(verdicts[i].reasons.empty());
            REQUIRE(verdicts[i].keep == oracle_keeps(backups, backups[i], policy, now));
            removed += verdicts[i].keep ? 0 : 1;
        }
    });
    CHECK(removed > rounds);  // the cases are not all empty ones
}

TEST_CASE("no policy goes through the floors") {
    for_random_cases([](Random&, const auto& backups, const auto& policy, SystemTime now) {
        const auto verdicts = decide_retention(backups, policy, now);
        for (std::size_t i = 0; i < backups.size(); ++i) {
            const BackupFacts& backup = backups[i];
            const bool held = !counts(backup, now) || backup.pin_reason || !backup.in_use.empty();
            const auto rank = newer_of_its_group(backups, backup, now).size();
            if (held || rank < std::max(policy.min_keep, 1U)) REQUIRE(verdicts[i].keep);
        }
    });
}

TEST_CASE("a second prune at the same time removes nothing") {
    for_random_cases([](Random&, const auto& backups, const auto& policy, SystemTime now) {
        const auto left = survivors(backups, decide_retention(backups, policy, now));
        REQUIRE(kept_ids(decide_retention(left, policy, now)).size() == left.size());
    });
}

TEST_CASE("without backups from the future the clock decides nothing") {
    for_random_cases([](Random& random, const auto& backups, const auto& policy, SystemTime) {
        SystemTime now = from_iso8601("2009-01-01T00:00:00Z");
        for (const BackupFacts& backup : backups) now = std::max(now, backup.stopped_at);
        const auto verdicts = decide_retention(backups, policy, now);
        const SystemTime later = now + seconds(random.below(3653 * std::uint64_t{86400}));
        const auto then = decide_retention(backups, policy, later);
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            REQUIRE(to_sentence(verdicts[i]) == to_sentence(then[i]));
        }
        const SystemTime before_all = from_iso8601("2001-01-01T00:00:00Z");
        REQUIRE(kept_ids(decide_retention(backups, policy, before_all)).size() == backups.size());
    });
}

TEST_CASE("a stricter policy keeps nothing that a looser one removes") {
    for_random_cases([](Random& random, const auto& backups, const auto& loose, SystemTime now) {
        RetentionPolicy strict = loose;
        for (unsigned* rule :
             {&strict.keep_last, &strict.keep_hourly, &strict.keep_daily, &strict.keep_weekly,
              &strict.keep_monthly, &strict.keep_yearly, &strict.min_keep}) {
            *rule = static_cast<unsigned>(random.below(*rule + 1));
        }
        strict.keep_within =
            seconds(random.below(static_cast<std::uint64_t>(loose.keep_within.count()) + 1));
        if (strict.empty()) return;
        const auto kept = kept_ids(decide_retention(backups, loose, now));
        for (const std::string& id : kept_ids(decide_retention(backups, strict, now))) {
            REQUIRE(kept.contains(id));
        }
    });
}

TEST_CASE("backups that do not count change no verdict of the others, nor does their order") {
    for_random_cases([](Random& random, auto backups, const auto& policy, SystemTime now) {
        const auto verdicts = decide_retention(backups, policy, now);
        std::vector<BackupFacts> counting;
        for (const BackupFacts& backup : backups) {
            const auto at = random.below(counting.size() + 1);
            if (counts(backup, now)) {
                counting.insert(counting.begin() + static_cast<std::ptrdiff_t>(at), backup);
            }
        }
        for (const Verdict& verdict : decide_retention(counting, policy, now)) {
            REQUIRE(to_sentence(verdict) == sentence_of(verdicts, verdict.id));
        }
    });
}

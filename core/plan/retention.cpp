#include "core/plan/retention.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/plan/ages.hpp"
#include "core/plan/retention_words.hpp"

namespace tsb {
namespace {

namespace words = retention_words;

struct PeriodRule {
    Period period;
    unsigned RetentionPolicy::*count;
};

constexpr std::array period_rules = {PeriodRule{Period::hour, &RetentionPolicy::keep_hourly},
                                     PeriodRule{Period::day, &RetentionPolicy::keep_daily},
                                     PeriodRule{Period::week, &RetentionPolicy::keep_weekly},
                                     PeriodRule{Period::month, &RetentionPolicy::keep_monthly},
                                     PeriodRule{Period::year, &RetentionPolicy::keep_yearly}};

/// What speaks for keeping one backup, and against.
struct Case {
    const BackupFacts* backup;
    std::vector<std::string> for_it;
    std::vector<std::string> against;

    void keep(std::string reason) { for_it.push_back(std::move(reason)); }
    void pass_over(std::string reason) { against.push_back(std::move(reason)); }
};

/// The good backups of one server, newest first.
using Group = std::vector<Case*>;

bool is_newer(const Case* a, const Case* b) {
    if (a->backup->stopped_at != b->backup->stopped_at) {
        return a->backup->stopped_at > b->backup->stopped_at;
    }
    return a->backup->id > b->backup->id;
}

bool counts(const BackupFacts& backup, SystemTime now) {
    return backup.condition == BackupCondition::good && !is_in_future(backup.stopped_at, now);
}

void judge_by_itself(Case& one, const RetentionPolicy& policy, SystemTime now) {
    const BackupFacts& backup = *one.backup;
    if (backup.pin_reason) one.keep(words::pinned(*backup.pin_reason));
    if (!backup.in_use.empty()) one.keep(words::in_use(backup.in_use));
    if (backup.condition != BackupCondition::good) {
        one.keep(words::condition(backup.condition));
    } else if (is_in_future(backup.stopped_at, now)) {
        one.keep(words::from_future(backup.stopped_at));
    }
    if (policy.empty()) one.keep(words::keeps_everything);
}

void keep_floor(const Group& group, unsigned min_keep) {
    group.front()->keep(words::newest_good);
    if (min_keep < 2) return;
    for (std::size_t i = 0; i < std::min<std::size_t>(group.size(), min_keep); ++i) {
        group[i]->keep(words::at_least(min_keep));
    }
}

void apply_last(const Group& group, unsigned count) {
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (i < count) {
            group[i]->keep(words::among_last(count));
        } else {
            group[i]->pass_over(words::not_among_last(count));
        }
    }
}

void apply_within(const Group& group, std::chrono::seconds span, SystemTime now) {
    const SystemTime newest = std::min(now, group.front()->backup->stopped_at);
    for (Case* one : group) {
        if (seconds_between(one->backup->stopped_at, newest) <= span) {
            one->keep(words::within(span));
        } else {
            one->pass_over(words::not_within(span));
        }
    }
}

std::string period_of(Period period, SystemTime time, const TimeZone& zone) {
    const auto utc = std::chrono::floor<std::chrono::seconds>(time);
    const std::chrono::local_seconds local = zone.to_local(time);
    return period_name(period, local, local.time_since_epoch() - utc.time_since_epoch());
}

void apply_periods(const Group& group, Period period, unsigned count, const TimeZone& zone) {
    // A set, since clocks that go back over midnight come to the same day again.
    std::set<std::string> seen;
    for (Case* one : group) {
        const std::string name = period_of(period, one->backup->stopped_at, zone);
        if (seen.size() < count && seen.insert(name).second) {
            one->keep(words::newest_of(period, name));
        } else if (seen.contains(name)) {
            one->pass_over(words::not_newest_of(period, name));
        } else {
            one->pass_over(words::period_past(period, name, count));
        }
    }
}

void apply_rules(const Group& group, const RetentionPolicy& policy, SystemTime now) {
    if (policy.keep_last > 0) apply_last(group, policy.keep_last);
    if (policy.keep_within.count() > 0) apply_within(group, policy.keep_within, now);
    for (const PeriodRule& rule : period_rules) {
        const unsigned count = policy.*rule.count;
        if (count > 0) apply_periods(group, rule.period, count, policy.zone);
    }
}

/// Says of a group that is not the newest backup's why its backups are beside the others.
void explain_apart(const Group& group, std::uint64_t system_identifier) {
    for (Case* one : group) {
        auto& reasons = one->for_it.empty() ? one->against : one->for_it;
        reasons.push_back(words::counted_apart(system_identifier));
    }
}

std::map<std::uint64_t, Group> group_by_system(std::vector<Case>& cases, SystemTime now) {
    std::map<std::uint64_t, Group> groups;
    for (Case& one : cases) {
        if (counts(*one.backup, now)) groups[one.backup->system_identifier].push_back(&one);
    }
    for (auto& [system_identifier, group] : groups) {
        std::sort(group.begin(), group.end(), is_newer);
    }
    return groups;
}

}  // namespace

bool RetentionPolicy::empty() const {
    return keep_last == 0 && keep_within.count() <= 0 &&
           std::all_of(period_rules.begin(), period_rules.end(),
                       [this](const PeriodRule& rule) { return this->*rule.count == 0; });
}

std::vector<Verdict> decide_retention(std::span<const BackupFacts> backups,
                                      const RetentionPolicy& policy, SystemTime now) {
    std::vector<Case> cases;
    cases.reserve(backups.size());
    for (const BackupFacts& backup : backups) {
        judge_by_itself(cases.emplace_back(Case{&backup, {}, {}}), policy, now);
    }
    const std::map<std::uint64_t, Group> groups = group_by_system(cases, now);
    const auto present = std::max_element(
        groups.begin(), groups.end(),
        [](const auto& a, const auto& b) { return is_newer(b.second.front(), a.second.front()); });
    for (auto group = groups.begin(); group != groups.end(); ++group) {
        keep_floor(group->second, policy.min_keep);
        apply_rules(group->second, policy, now);
        if (group != present) explain_apart(group->second, group->first);
    }

    std::vector<Verdict> verdicts;
    verdicts.reserve(cases.size());
    for (Case& one : cases) {
        const bool keep = !one.for_it.empty();
        verdicts.push_back({one.backup->id, keep, std::move(keep ? one.for_it : one.against)});
    }
    return verdicts;
}

std::string to_sentence(const Verdict& verdict) {
    std::string sentence = verdict.keep ? "keep: " : "remove: no rule keeps it: ";
    for (std::size_t i = 0; i < verdict.reasons.size(); ++i) {
        if (i > 0) sentence += verdict.keep ? "; " : ", ";
        sentence += verdict.reasons[i];
    }
    return sentence;
}

}  // namespace tsb

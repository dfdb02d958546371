#include "core/plan/health.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/plan/ages.hpp"
#include "core/plan/jumps.hpp"
#include "core/plan/overdue.hpp"
#include "core/plan/space.hpp"

namespace tsb {
namespace {

using Findings = std::vector<Finding>;

constexpr std::size_t most_ids_named = 3;
constexpr std::uint64_t nearly_full_part = 20;  // less than a twentieth free
constexpr unsigned filling_days = 14;

void add_problem(Findings& findings, HealthCode code, const ClusterHealthFacts& facts,
                 const std::string& text) {
    findings.push_back(
        {Severity::problem, code, facts.cluster, "cluster " + facts.cluster + ": " + text});
}

void find_failure(const ClusterHealthFacts& facts, SystemTime now, Findings& findings) {
    if (!facts.last_job) return;
    const LastBackupJob& job = *facts.last_job;
    const bool interrupted = job.end == JobEnd::interrupted;
    if (job.end != JobEnd::failed && !interrupted) return;
    std::string text = interrupted ? "the last backup was interrupted " : "the last backup failed ";
    text += human_age(seconds_between(job.ended_at, now));
    if (!job.message.empty()) text += ": " + printable(job.message);
    add_problem(findings, HealthCode::last_failed, facts, text);
}

/// "3 backups are broken: <id>, <id>, <id>".
void find_condition(const ClusterHealthFacts& facts, BackupCondition condition, HealthCode code,
                    Findings& findings) {
    std::vector<std::string> ids;
    for (const BackupSample& backup : facts.backups) {
        if (backup.condition == condition) ids.push_back(backup.id);
    }
    if (ids.empty()) return;
    std::sort(ids.begin(), ids.end(), std::greater<>());
    std::string text =
        fmt::format("{} {} {}: {}", ids.size(), ids.size() == 1 ? "backup is" : "backups are",
                    to_string(code), ids.front());
    const std::size_t named = std::min(ids.size(), most_ids_named);
    for (std::size_t i = 1; i < named; ++i) text += ", " + ids[i];
    if (ids.size() > named) text += fmt::format(" and {} more", ids.size() - named);
    add_problem(findings, code, facts, text);
}

void find_clock_doubt(const ClusterHealthFacts& facts, SystemTime now, Findings& findings) {
    const BackupSample* latest = nullptr;
    for (const BackupSample& backup : facts.backups) {
        if (backup.condition != BackupCondition::good) continue;
        if (latest == nullptr || latest->stopped_at < backup.stopped_at) latest = &backup;
    }
    if (latest == nullptr || !is_in_future(latest->stopped_at, now)) return;
    add_problem(findings, HealthCode::clock_doubt, facts,
                fmt::format("backup {} ended {} in the future: a clock was or is wrong", latest->id,
                            human_duration(seconds_between(now, latest->stopped_at))));
}

void find_old_drill(const ClusterHealthFacts& facts, SystemTime now, Findings& findings) {
    if (!facts.max_drill_age) return;
    std::optional<SystemTime> newest;
    for (const SystemTime& drill : facts.good_drills) {
        if (!is_in_future(drill, now)) newest = std::max(newest.value_or(drill), drill);
    }
    const std::optional<SystemTime> since = newest ? newest : facts.expected_since;
    if (since && seconds_between(*since, now) <= *facts.max_drill_age) return;
    std::string text = "no good drill";
    if (newest) text += " for " + human_duration(seconds_between(*newest, now));
    add_problem(findings, HealthCode::drill_overdue, facts,
                text + ", max_drill_age is " + human_duration(*facts.max_drill_age));
}

}  // namespace

std::string_view to_string(Severity severity) {
    return severity == Severity::problem ? "problem" : "warning";
}

std::string_view to_string(HealthCode code) {
    switch (code) {
        case HealthCode::overdue:
            return "overdue";
        case HealthCode::last_failed:
            return "last_failed";
        case HealthCode::damaged:
            return "damaged";
        case HealthCode::broken:
            return "broken";
        case HealthCode::clock_doubt:
            return "clock_doubt";
        case HealthCode::drill_overdue:
            return "drill_overdue";
        case HealthCode::size_jump:
            return "size_jump";
        case HealthCode::duration_jump:
            return "duration_jump";
        case HealthCode::repository_not_writable:
            return "repository_not_writable";
        case HealthCode::repository_full:
            return "repository_full";
        case HealthCode::repository_filling:
            return "repository_filling";
    }
    return "";
}

Findings cluster_findings(const ClusterHealthFacts& facts, SystemTime now) {
    Findings findings;
    const AgeVerdict age = judge_age(facts, now);
    if (age.state == AgeState::overdue) {
        findings.push_back({Severity::problem, HealthCode::overdue, facts.cluster, age.sentence});
    }
    find_failure(facts, now, findings);
    find_condition(facts, BackupCondition::damaged, HealthCode::damaged, findings);
    find_condition(facts, BackupCondition::broken, HealthCode::broken, findings);
    find_clock_doubt(facts, now, findings);
    find_old_drill(facts, now, findings);
    find_jumps(facts, now, findings);
    return findings;
}

Findings repository_findings(const RepositoryHealthFacts& facts) {
    Findings findings;
    const auto add = [&](Severity severity, HealthCode code, const std::string& text) {
        findings.push_back({severity, code, {}, "repository: " + text});
    };
    if (!facts.write_problem.empty()) {
        add(Severity::problem, HealthCode::repository_not_writable,
            "not writable: " + printable(facts.write_problem));
    }
    const std::string free = human_size(facts.free_bytes);
    if (facts.free_bytes < facts.next_backup_bytes) {
        add(Severity::problem, HealthCode::repository_full,
            fmt::format("{} free, the next backup needs about {}", free,
                        human_size(facts.next_backup_bytes)));
    } else if (facts.free_bytes < facts.total_bytes / nearly_full_part) {
        add(Severity::problem, HealthCode::repository_full,
            fmt::format("nearly full, {} of {} free", free, human_size(facts.total_bytes)));
    }
    const auto growth = growth_per_day(facts.history);
    const auto days = growth ? days_left(facts.free_bytes, *growth) : std::nullopt;
    if (days && *days < filling_days) {
        add(Severity::warning, HealthCode::repository_filling,
            fmt::format("{} free, full in about {} d at {} a day", free, *days,
                        human_size(static_cast<std::uint64_t>(*growth))));
    }
    return findings;
}

bool is_healthy(std::span<const Finding> findings) {
    return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::problem;
    });
}

}  // namespace tsb

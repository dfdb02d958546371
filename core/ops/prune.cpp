#include "core/ops/prune.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/human.hpp"

namespace tsb {
namespace {

BackupCondition condition_of(const BackupEntry& entry) {
    if (!entry.metadata) return BackupCondition::broken;
    // Of notes that cannot be read nobody knows whether they said that it is damaged.
    const bool known_good = entry.good() && entry.notes.problem.empty();
    return known_good ? BackupCondition::good : BackupCondition::damaged;
}

std::optional<std::string> pin_of(const BackupNotes& notes) {
    if (notes.pin) return notes.pin->reason;
    if (!notes.problem.empty()) return notes.problem;
    return std::nullopt;
}

BackupFacts facts_of(Repository& repository, const BackupEntry& entry) {
    BackupFacts facts;
    facts.id = entry.id;
    facts.condition = condition_of(entry);
    facts.pin_reason = pin_of(entry.notes);
    if (entry.metadata) {
        facts.system_identifier = entry.metadata->system_identifier;
        facts.stopped_at = entry.metadata->stopped_at;
    }
    try {
        if (repository.in_use(entry.cluster, entry.id)) facts.in_use = "being read";
    } catch (const Error& error) {
        facts.in_use = error.what();  // what cannot be told is not removed
    }
    return facts;
}

bool still_to_go(Repository& repository, const std::string& cluster, const RetentionPolicy& policy,
                 SystemTime now, const std::string& id) {
    const std::vector<Verdict> verdicts = retention_verdicts(repository, cluster, policy, now);
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [&](const Verdict& verdict) { return verdict.id == id && !verdict.keep; });
}

/// False when it is kept after all.
bool remove(Repository& repository, const std::string& cluster, const std::string& id,
            PruneReport& report, const JobContext& job) {
    try {
        report.freed_bytes += repository.remove_backup(cluster, id);
    } catch (const Error& error) {
        const bool taken = error.code() == ErrorCode::busy || error.code() == ErrorCode::refused;
        const bool gone = error.code() == ErrorCode::not_found;
        if (!taken && !gone) throw;
        job.info(std::string("not removed: ") + error.what());
        return false;
    }
    return true;
}

}  // namespace

std::vector<Verdict> retention_verdicts(Repository& repository, const std::string& cluster,
                                        const RetentionPolicy& policy, SystemTime now) {
    std::vector<BackupFacts> facts;
    for (const BackupEntry& entry : repository.list(cluster)) {
        facts.push_back(facts_of(repository, entry));
    }
    return decide_retention(facts, policy, now);
}

PruneReport prune_backups(Repository& repository, const std::string& cluster,
                          const RetentionPolicy& policy, const Clock& clock, JobContext& job) {
    repository.require_there();
    PruneReport report;
    report.verdicts = retention_verdicts(repository, cluster, policy, clock.now());
    for (const Verdict& verdict : report.verdicts) {
        if (verdict.keep) continue;
        job.throw_if_stopped();
        if (!still_to_go(repository, cluster, policy, clock.now(), verdict.id)) continue;
        job.info(verdict.id + ": " + to_sentence(verdict));
        if (remove(repository, cluster, verdict.id, report, job)) {
            report.removed.push_back(verdict.id);
        }
    }
    job.info("removed " + std::to_string(report.removed.size()) + " of " +
             std::to_string(report.verdicts.size()) + " backups, " +
             human_size(report.freed_bytes) + " freed");
    return report;
}

}  // namespace tsb

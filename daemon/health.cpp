#include "daemon/health.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/plan/space.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/space_history.hpp"
#include "daemon/work/work.hpp"

namespace tsb {
namespace {

BackupSample sample_of(const BackupEntry& entry) {
    BackupSample sample;
    sample.id = entry.id;
    if (!entry.metadata) {
        sample.condition = BackupCondition::broken;
        return sample;
    }
    sample.condition = entry.good() ? BackupCondition::good : BackupCondition::damaged;
    sample.stopped_at = entry.metadata->stopped_at;
    sample.stored_bytes = entry.metadata->stored_bytes;
    sample.duration = std::chrono::seconds(entry.metadata->total_ms / 1000);
    return sample;
}

std::optional<LastBackupJob> last_backup_job(Repository& repository, const std::string& cluster) {
    const std::optional<JobRecord> record = last_backup_record(repository, cluster);
    if (!record) return std::nullopt;
    const JobEnd end = record->outcome == "done"     ? JobEnd::done
                       : record->outcome == "failed" ? JobEnd::failed
                                                     : JobEnd::interrupted;
    return {{end, record->ended_at, record->message}};
}

/// A note goes with its backup, which retention may take away; a record goes with the history.
std::vector<SystemTime> good_drills(Repository& repository, const std::string& cluster,
                                    const std::vector<BackupEntry>& backups) {
    std::vector<SystemTime> ends;
    for (const BackupEntry& entry : backups) {
        const std::optional<DrillResult>& drill = entry.notes.drill;
        if (drill && drill->problems.empty()) ends.push_back(drill->at);
    }
    const std::optional<JobRecord> record = last_good_drill_record(repository, cluster);
    if (record) ends.push_back(record->ended_at);
    return ends;
}

ClusterHealthFacts facts_of(Service& service, const ClusterConfig& cluster,
                            const std::vector<BackupEntry>& backups, const Expectation& expected) {
    ClusterHealthFacts facts;
    facts.cluster = cluster.name;
    for (const BackupEntry& entry : backups) facts.backups.push_back(sample_of(entry));
    facts.last_job = last_backup_job(service.repository, cluster.name);
    facts.schedule_period = expected.period;
    if (cluster.max_age != std::chrono::seconds(0)) facts.max_age = cluster.max_age;
    facts.max_drill_age = cluster.max_drill_age;
    if (facts.max_drill_age) {
        facts.good_drills = good_drills(service.repository, cluster.name, backups);
    }
    facts.expected_since = expected.since;
    return facts;
}

std::uint64_t newest_size(const ClusterHealthFacts& facts) {
    const auto newest =
        std::max_element(facts.backups.begin(), facts.backups.end(),
                         [](const auto& a, const auto& b) { return a.stopped_at < b.stopped_at; });
    return newest == facts.backups.end() ? 0 : newest->stored_bytes;
}

RepositoryHealthFacts repository_facts(Service& service, std::uint64_t next_backup_bytes) {
    RepositoryHealthFacts facts;
    Repository& repository = service.repository;
    std::error_code unknown;
    const auto space = std::filesystem::space(repository.path(), unknown);
    facts.total_bytes = unknown ? 0 : space.capacity;
    facts.free_bytes = repository.free_bytes();
    if (::access(repository.path().c_str(), W_OK) != 0) facts.write_problem = std::strerror(errno);
    facts.next_backup_bytes = next_backup_bytes;
    facts.history = stored_bytes_history(repository);
    return facts;
}

void append(std::vector<Finding>& to, std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

std::map<std::string, Expectation> expectations(const Service& service) {
    std::map<std::string, Expectation> out;
    const std::shared_ptr<const Config> config = service.config();
    for (const ClusterConfig& cluster : config->clusters) {
        Expectation& expected = out[cluster.name];
        if (service.scheduler == nullptr) continue;
        expected.period = service.scheduler->backup_period(cluster);
        expected.since = service.scheduler->first_seen(cluster.name);
    }
    return out;
}

HealthReport look_at_health(Service& service, const std::map<std::string, Expectation>& expected) {
    service.repository.require_there();
    const SystemTime now = service.clock.now();
    HealthReport report;
    std::uint64_t next_backup_bytes = 0;
    const std::shared_ptr<const Config> config = service.config();
    for (const ClusterConfig& cluster : config->clusters) {
        const auto known = expected.find(cluster.name);
        std::vector<BackupEntry>& backups = report.backups[cluster.name];
        backups = service.repository.list(cluster.name);
        ClusterHealthFacts facts = facts_of(
            service, cluster, backups, known == expected.end() ? Expectation() : known->second);
        append(report.findings, cluster_findings(facts, now));
        next_backup_bytes = std::max(next_backup_bytes, newest_size(facts));
        report.facts.push_back(std::move(facts));
    }
    const RepositoryHealthFacts repository = repository_facts(service, next_backup_bytes);
    append(report.findings, repository_findings(repository));
    report.free_bytes = repository.free_bytes;
    report.total_bytes = repository.total_bytes;
    if (const auto growth = growth_per_day(repository.history)) {
        report.days_left = days_left(repository.free_bytes, *growth);
    }
    return report;
}

}  // namespace tsb

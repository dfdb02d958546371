#include "daemon/status_report.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/base/human.hpp"
#include "core/ops/restore_in_place.hpp"
#include "daemon/describe.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/slot_watch.hpp"

namespace tsb {

namespace {

/// One cluster of the report; what is wrong with single backups of it is appended to `problems`.
Json cluster_status(const std::string& cluster, bool configured,
                    const std::vector<BackupEntry>& entries, SystemTime now, Json& problems) {
    Json out = {{"cluster", cluster}};
    Json broken = Json::array();
    std::size_t good = 0;
    for (const BackupEntry& entry : entries) {
        const Json line = describe(entry, now);
        if (entry.good()) {
            ++good;
            out["last_good"] = line;
            continue;
        }
        broken.push_back(line);
        problems.push_back(fmt::format("backup {} of {} is {}: {}", entry.id, cluster,
                                       entry.metadata ? "damaged" : "broken",
                                       entry.why_not_good()));
    }
    // A cluster that was taken out of the configuration needs none.
    if (good == 0 && (configured || !entries.empty())) {
        problems.push_back(fmt::format("cluster {} has no good backup", cluster));
    }
    out["good"] = good;
    out["broken"] = std::move(broken);
    return out;
}

/// What the report says of it already, backup by backup.
bool told_already(const Finding& finding) {
    return finding.code == HealthCode::broken || finding.code == HealthCode::damaged;
}

std::string kept_sentence(const std::string& cluster, const KeptData& kept, SystemTime now) {
    const std::string restore = "tsbackupctl restore --cluster " + cluster;
    if (!is_settled(kept.state)) {
        return fmt::format(
            "a restore of {} to cluster {} was interrupted: '{} --undo' puts the old data back, or "
            "restore again",
            kept.backup_id, cluster, restore);
    }
    const auto age = std::chrono::floor<std::chrono::seconds>(now - kept.since);
    return fmt::format(
        "a restore in place of cluster {} keeps {} at {} since {}: '{} --cleanup' "
        "removes it",
        cluster, human_size(kept.bytes), kept.path.string(), human_age(age), restore);
}

void add_health(const HealthReport& health, Json& report) {
    for (const Finding& finding : health.findings) {
        if (told_already(finding)) continue;
        report[finding.severity == Severity::problem ? "problems" : "warnings"].push_back(
            finding.sentence);
    }
    report["repository"]["free_bytes"] = health.free_bytes;
    if (health.days_left) report["repository"]["days_left"] = *health.days_left;
}

/// What restores in place keep aside is somebody's data, and takes room.
void add_kept_data(Service& service, SystemTime now, Json& report) {
    const std::shared_ptr<const Config> config = service.config();
    for (const ClusterConfig& cluster : config->clusters) {
        if (cluster.data_directory.empty()) continue;
        try {
            for (const KeptData& kept :
                 kept_data(service.repository.fs(), cluster.data_directory)) {
                report["warnings"].push_back(kept_sentence(cluster.name, kept, now));
            }
        } catch (const Error& error) {
            report["warnings"].push_back(error.what());
        }
    }
}

void add_next_runs(const Scheduler& scheduler, Json& clusters) {
    for (Json& cluster : clusters) {
        const auto due = scheduler.next_due(cluster["cluster"].get<std::string>());
        if (due) cluster["next_run"] = to_iso8601(*due);
    }
}

}  // namespace

Json status_report(Service& service, const std::map<std::string, Expectation>& expected) {
    const SystemTime now = service.clock.now();
    Json report = {
        {"repository",
         {{"path", service.repository.path().string()}, {"present", true}, {"free_bytes", 0}}},
        {"clusters", Json::array()},
        {"problems", Json::array()},
        {"warnings", Json::array()}};
    try {
        service.repository.require_there();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::repository_missing) throw;
        report["repository"]["present"] = false;
        report["problems"].push_back(std::string(error.what()) + " (" + error.hint() + ")");
        return report;
    }
    const HealthReport health = look_at_health(service, expected);
    for (const std::string& cluster : service.cluster_names()) {
        const auto listed = health.backups.find(cluster);
        const bool configured = listed != health.backups.end();
        report["clusters"].push_back(cluster_status(
            cluster, configured, configured ? listed->second : service.repository.list(cluster),
            now, report["problems"]));
    }
    add_health(health, report);
    add_kept_data(service, now, report);
    return report;
}

void add_running_state(const Service& service, Json& report) {
    if (service.scheduler != nullptr) add_next_runs(*service.scheduler, report["clusters"]);
    if (service.slots == nullptr) return;
    for (const std::string& left : service.slots->warnings()) report["warnings"].push_back(left);
}

}  // namespace tsb

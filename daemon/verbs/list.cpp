#include <map>

#include "core/ops/prune.hpp"
#include "core/ops/run_on.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// What retention says, by backup; nothing of a cluster that is not configured.
std::map<std::string, Json> reasons(Service& service, const std::string& cluster) {
    std::map<std::string, Json> out;
    const std::shared_ptr<const Config> config = service.config();
    const ClusterConfig* configured = config->find_cluster(cluster);
    if (configured == nullptr) return out;
    const std::vector<Verdict> verdicts =
        retention_verdicts(service.repository, cluster, configured->retention, service.clock.now());
    for (Json& verdict : describe_verdicts(verdicts)) {
        const auto id = verdict["backup_id"].get<std::string>();
        out[id] = std::move(verdict);
    }
    return out;
}

Json list_backups(Service& service, const std::string& named, bool why) {
    service.repository.require_there();
    std::vector<std::string> clusters = service.cluster_names();
    if (!named.empty()) clusters = {service.cluster_with(named, "")};
    const SystemTime now = service.clock.now();
    Json backups = Json::array();
    for (const std::string& cluster : clusters) {
        std::map<std::string, Json> verdicts;
        if (why) verdicts = reasons(service, cluster);
        for (const BackupEntry& entry : service.repository.list(cluster)) {
            Json line = describe(entry, now);
            const auto verdict = verdicts.find(entry.id);
            if (verdict != verdicts.end()) line["retention"] = std::move(verdict->second);
            backups.push_back(std::move(line));
        }
    }
    return {{"backups", std::move(backups)}};
}

Json show_backup(Service& service, const std::string& named, const std::string& id) {
    service.repository.require_there();
    const std::string cluster = service.cluster_with(named, id);
    const BackupHandle backup = service.repository.open_backup(cluster, id);
    return {{"backup_id", backup.id}, {"backup", describe(backup.metadata)}};
}

}  // namespace

asio::awaitable<Outcome> list_verb(VerbCall& call) {
    std::function<Json()> work = [&call] {
        return list_backups(call.service, text_arg(call.args, "cluster"),
                            flag_arg(call.args, "why"));
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> show_verb(VerbCall& call) {
    std::function<Json()> work = [&call] {
        return show_backup(call.service, text_arg(call.args, "cluster"),
                           text_arg(call.args, "backup"));
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

}  // namespace tsb

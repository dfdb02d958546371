#include <algorithm>
#include <map>

#include "core/ops/prune.hpp"
#include "core/ops/run_on.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// So many backups make a part of the answer: it goes through the socket at once, and the client
/// reads one while the next is made.
constexpr std::size_t part_size = 250;

struct Listed {
    std::vector<BackupEntry> backups;
    std::map<std::string, Verdict> verdicts;  // by backup, of configured clusters
};

/// Appends what retention says; nothing of a cluster that is not configured.
void add_verdicts(Service& service, const std::string& cluster, Listed& listed) {
    const std::shared_ptr<const Config> config = service.config();
    const ClusterConfig* configured = config->find_cluster(cluster);
    if (configured == nullptr) return;
    std::vector<Verdict> verdicts =
        retention_verdicts(service.repository, cluster, configured->retention, service.clock.now());
    for (Verdict& verdict : verdicts) {
        const std::string key = cluster + "/" + verdict.id;
        listed.verdicts[key] = std::move(verdict);
    }
}

Listed find_backups(Service& service, const std::string& named, bool why) {
    service.repository.require_there();
    std::vector<std::string> clusters = service.cluster_names();
    if (!named.empty()) clusters = {service.cluster_with(named, "")};
    Listed listed;
    for (const std::string& cluster : clusters) {
        if (why) add_verdicts(service, cluster, listed);
        std::vector<BackupEntry> backups = service.repository.list(cluster);
        std::move(backups.begin(), backups.end(), std::back_inserter(listed.backups));
    }
    return listed;
}

Json describe_part(const Listed& listed, std::size_t begin, SystemTime now) {
    Json part = Json::array();
    const std::size_t end = std::min(begin + part_size, listed.backups.size());
    for (std::size_t index = begin; index < end; ++index) {
        const BackupEntry& entry = listed.backups[index];
        Json line = describe(entry, now);
        const auto verdict = listed.verdicts.find(entry.cluster + "/" + entry.id);
        if (verdict != listed.verdicts.end()) line["retention"] = describe(verdict->second);
        part.push_back(std::move(line));
    }
    return part;
}

Json show_backup(Service& service, const std::string& named, const std::string& id) {
    service.repository.require_there();
    const std::string cluster = service.cluster_with(named, id);
    const BackupHandle backup =
        service.repository.open_backup(cluster, service.backup_id(cluster, id));
    Json described = describe(backup.metadata);
    const BackupNotes notes = service.repository.notes(cluster, backup.id);
    if (notes.drill) described["drill"] = describe(*notes.drill);
    return {{"backup_id", backup.id}, {"backup", std::move(described)}};
}

}  // namespace

asio::awaitable<Outcome> list_verb(VerbCall& call) {
    std::function<Listed()> find = [&call] {
        return find_backups(call.service, text_arg(call.args, "cluster"),
                            flag_arg(call.args, "why"));
    };
    const Listed listed = co_await run_on_thread(std::move(find));
    const SystemTime now = call.service.clock.now();
    for (std::size_t begin = 0;; begin += part_size) {
        std::function<Json()> work = [&] { return describe_part(listed, begin, now); };
        Json part = co_await run_on_thread(std::move(work));
        if (begin + part_size >= listed.backups.size()) {
            Json result = {{"backups", std::move(part)}};
            co_return Outcome(std::move(result));
        }
        Json event = encode_part("backups", std::move(part));
        co_await call.emit(std::move(event));
    }
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

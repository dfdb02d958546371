#include "daemon/backup_list.hpp"

#include <algorithm>

#include "core/ops/run_on.hpp"
#include "daemon/describe.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// So many backups make a part of the answer: it goes through the socket at once, and the client
/// reads one while the next is made.
constexpr std::size_t part_size = 250;

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

}  // namespace

Listed find_backups(Service& service, const std::string& named, WithVerdicts verdicts) {
    service.repository.require_there();
    std::vector<std::string> clusters = service.cluster_names();
    if (!named.empty()) clusters = {service.cluster_with(named, "")};
    Listed listed;
    for (const std::string& cluster : clusters) {
        if (verdicts == WithVerdicts::yes) add_verdicts(service, cluster, listed);
        std::vector<BackupEntry> backups = service.repository.list(cluster);
        std::move(backups.begin(), backups.end(), std::back_inserter(listed.backups));
    }
    return listed;
}

asio::awaitable<Json> send_backups(const Listed& listed, SystemTime now, const EmitEvent& emit) {
    for (std::size_t begin = 0;; begin += part_size) {
        std::function<Json()> work = [&] { return describe_part(listed, begin, now); };
        Json part = co_await run_on_thread(std::move(work));
        if (begin + part_size >= listed.backups.size()) co_return part;
        Json event = encode_part("backups", std::move(part));
        co_await emit(std::move(event));
    }
}

}  // namespace tsb

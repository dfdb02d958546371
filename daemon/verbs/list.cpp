#include "core/ops/run_on.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json list_backups(Service& service, const std::string& named) {
    service.repository.require_there();
    std::vector<std::string> clusters = service.cluster_names();
    if (!named.empty()) clusters = {service.cluster_with(named, "")};
    const SystemTime now = service.clock.now();
    Json backups = Json::array();
    for (const std::string& cluster : clusters) {
        for (const BackupEntry& entry : service.repository.list(cluster)) {
            backups.push_back(describe(entry, now));
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
        return list_backups(call.service, text_arg(call.args, "cluster"));
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

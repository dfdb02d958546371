#include "core/ops/run_on.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

BackupName chosen_backup(Service& service, const Json& args) {
    service.repository.require_there();
    const std::string given = text_arg(args, "backup");
    const std::string wanted = given.empty() ? "latest" : given;
    const std::string cluster = service.cluster_with(text_arg(args, "cluster"), wanted);
    const std::string id = service.backup_id(cluster, wanted);
    return {cluster, service.repository.open_backup(cluster, id).id};
}

asio::awaitable<Outcome> drill_verb(VerbCall& call) {
    std::function<BackupName()> choose = [&call] { return chosen_backup(call.service, call.args); };
    const BackupName backup = co_await run_on_thread(std::move(choose));
    const std::shared_ptr<const Config> config = call.service.config();
    const ClusterConfig& cluster = config->cluster(backup.cluster);
    const RowCounts rows = flag_arg(call.args, "exact") ? RowCounts::exact : RowCounts::estimated;
    JobPointer job =
        start_drill(call.service, cluster, backup.id, rows, requester(call.caller.uid));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

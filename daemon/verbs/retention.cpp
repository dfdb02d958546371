// prune, keep, unkeep and delete: what goes and what stays.
#include "core/ops/prune.hpp"
#include "core/ops/run_on.hpp"
#include "daemon/backup_choice.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// A backup named by a request. Reads the disk.
BackupName named_backup(Service& service, const Json& args) {
    service.repository.require_there();
    const std::string id = text_arg(args, "backup");
    const std::string cluster = service.cluster_with(text_arg(args, "cluster"), id);
    if (id == "latest") return {cluster, service.repository.open_backup(cluster, id).id};
    return {cluster, service.backup_id(cluster, id)};
}

Json describe_change(const BackupName& backup) {
    return {{"backup_id", backup.id}, {"cluster", backup.cluster}};
}

void refuse_empty(const ClusterConfig& cluster) {
    if (!cluster.retention.empty()) return;
    throw Error(ErrorCode::refused,
                "cannot prune cluster '" + cluster.name + "': its retention has no rule",
                "set some of retention.keep_* in the configuration");
}

Json dry_run(Service& service, const ClusterConfig& cluster) {
    service.repository.require_there();
    const std::vector<Verdict> verdicts = retention_verdicts(
        service.repository, cluster.name, cluster.retention, service.clock.now());
    return {{"cluster", cluster.name}, {"dry_run", true}, {"backups", describe_verdicts(verdicts)}};
}

/// The newest good backup is the last thing anybody should lose by a slip of the finger.
void refuse_newest_good(Service& service, const BackupName& backup) {
    const std::shared_ptr<const Metadata> newest = service.repository.newest_good(backup.cluster);
    if (!newest || newest->id != backup.id) return;
    throw Error(
        ErrorCode::refused,
        "cannot delete '" + backup.id + "': it is the newest good backup of " + backup.cluster,
        "--force deletes it all the same");
}

}  // namespace

asio::awaitable<Outcome> prune_verb(VerbCall& call) {
    Service& service = call.service;
    const std::shared_ptr<const Config> config = service.config();
    const ClusterConfig& cluster = config->cluster(text_arg(call.args, "cluster"));
    if (flag_arg(call.args, "dry-run")) {
        std::function<Json()> look = [&] { return dry_run(service, cluster); };
        Json result = co_await run_on_thread(std::move(look));
        co_return Outcome(std::move(result));
    }
    refuse_empty(cluster);
    const AfterFailure after_failure =
        flag_arg(call.args, "force") ? AfterFailure::prune : AfterFailure::refuse;
    JobPointer job = start_prune(service, cluster, requester(call.caller.uid), after_failure);
    co_return co_await attend(call, std::move(job));
}

asio::awaitable<Outcome> keep_verb(VerbCall& call) {
    std::function<Json()> work = [&call] {
        const BackupName backup = named_backup(call.service, call.args);
        const Pin pin{text_arg(call.args, "reason"), call.caller.uid, call.service.clock.now()};
        call.service.repository.set_pin(backup.cluster, backup.id, pin);
        return describe_change(backup);
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> unkeep_verb(VerbCall& call) {
    std::function<Json()> work = [&call] {
        const BackupName backup = named_backup(call.service, call.args);
        call.service.repository.clear_pin(backup.cluster, backup.id);
        return describe_change(backup);
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> delete_verb(VerbCall& call) {
    std::function<Json()> work = [&call] {
        Service& service = call.service;
        const BackupName backup = named_backup(service, call.args);
        // What is deleted should have been seen by its name.
        if (is_choice_by_time(text_arg(call.args, "backup"))) {
            throw Error(ErrorCode::usage, "cannot delete: 'latest-before' does not name a backup",
                        "it is '" + backup.id + "': delete that");
        }
        if (!flag_arg(call.args, "force")) refuse_newest_good(service, backup);
        Json result = describe_change(backup);
        result["freed_bytes"] = service.repository.remove_backup(backup.cluster, backup.id);
        return result;
    };
    Json result = co_await run_on_thread(std::move(work));
    co_return Outcome(std::move(result));
}

}  // namespace tsb

#include <algorithm>

#include "core/ops/run_on.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// What the request asks to be verified. Reads the disk.
std::vector<BackupName> chosen_backups(Service& service, const Json& args) {
    service.repository.require_there();
    const std::string named = text_arg(args, "cluster");
    if (!flag_arg(args, "all")) {
        const std::string given = text_arg(args, "backup");
        const std::string id = given.empty() ? "latest" : given;
        const std::string cluster = service.cluster_with(named, id);
        return {{cluster, service.backup_id(cluster, id)}};
    }
    if (!text_arg(args, "backup").empty()) {
        throw Error(ErrorCode::usage, "cannot verify: give either a backup or --all");
    }
    std::vector<std::string> clusters = service.cluster_names();
    if (!named.empty()) clusters = {service.cluster_with(named, "")};
    std::vector<BackupName> out;
    for (const std::string& cluster : clusters) {
        for (const BackupEntry& entry : service.repository.list(cluster)) {
            out.push_back({cluster, entry.id});
        }
    }
    if (out.empty()) throw Error(ErrorCode::not_found, "cannot verify: there is no backup");
    return out;
}

}  // namespace

asio::awaitable<Outcome> verify_verb(VerbCall& call) {
    std::function<std::vector<BackupName>()> choose = [&call] {
        return chosen_backups(call.service, call.args);
    };
    const std::vector<BackupName> backups = co_await run_on_thread(std::move(choose));
    JobPointer job = start_verify(call.service, backups, requester(call.caller.uid));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

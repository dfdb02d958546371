#include <array>

#include "core/ops/run_on.hpp"
#include "daemon/restore_request.hpp"
#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// Arguments of the verb restore that say something about a directory of data.
constexpr std::array not_for_dumps = {"target",   "undo",          "cleanup",
                                      "no-start", "plan",          "tablespace-map",
                                      "owner",    "force-foreign", "any-version"};

void require_dump_args(const Json& args) {
    for (const char* const name : not_for_dumps) {
        if (!args.contains(name)) continue;
        throw Error(ErrorCode::usage, "cannot restore: --database takes no --" + std::string(name));
    }
    if (!args.contains("database") || !args.contains("to")) {
        throw Error(ErrorCode::usage, "cannot restore: --database and --to belong together",
                    "restore BACKUP --database NAME --to FILE");
    }
}

}  // namespace

bool asks_for_dump(const Json& args) {
    return args.contains("database") || args.contains("to");
}

asio::awaitable<Outcome> dump_verb(VerbCall& call) {
    require_dump_args(call.args);
    std::function<BackupName()> choose = [&call] { return chosen_backup(call.service, call.args); };
    const BackupName backup = co_await run_on_thread(std::move(choose));
    const std::shared_ptr<const Config> config = call.service.config();
    const ClusterConfig& cluster = config->cluster(backup.cluster);
    std::function<std::filesystem::path()> resolve = [&] {
        return allowed_path(text_arg(call.args, "to"), cluster, call.caller);
    };
    const std::filesystem::path file = co_await run_on_thread(std::move(resolve));
    JobPointer job = start_dump(call.service, cluster, backup.id, text_arg(call.args, "database"),
                                file, requester(call.caller.uid));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

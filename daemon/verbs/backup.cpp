#include "daemon/verbs/handlers.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

asio::awaitable<Outcome> backup_verb(VerbCall& call) {
    const std::shared_ptr<const Config> config = call.service.config();
    const ClusterConfig& cluster = config->cluster(text_arg(call.args, "cluster"));
    JobPointer job = start_backup(call.service, cluster, call.args, requester(call.caller.uid));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

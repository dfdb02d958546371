#include "core/ops/backup.hpp"

#include "daemon/backup_request.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

asio::awaitable<Outcome> back_up(Service& service, const BackupOptions& options,
                                 JobContext& context) {
    const Metadata metadata =
        co_await run_backup(options, service.repository, service.connect, service.clock, context);
    Json result = {{"backup_id", metadata.id}, {"cluster", metadata.cluster}};
    result["backup"] = describe(metadata);
    co_return Outcome(std::move(result));
}

}  // namespace

asio::awaitable<Outcome> backup_verb(VerbCall& call) {
    Service& service = call.service;
    const ClusterConfig& cluster = service.config.cluster(text_arg(call.args, "cluster"));
    JobWork work = [&service, options = backup_options(cluster, call.args)](JobContext& context) {
        return back_up(service, options, context);
    };
    JobSpec spec("backup", cluster.name, "backup of " + cluster.name, call.caller.uid);
    JobPointer job = service.jobs.start(std::move(spec), std::move(work));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

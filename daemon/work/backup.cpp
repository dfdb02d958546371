#include "core/ops/backup.hpp"

#include "daemon/backup_request.hpp"
#include "daemon/describe.hpp"
#include "daemon/work/work.hpp"

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

/// What `args` want otherwise than the configuration has it. Without any, another backup that runs
/// is as good.
Json own_part(const Json& args) {
    Json out = Json::object();
    for (const char* name : {"compress", "format", "checkpoint", "max-rate", "label"}) {
        if (args.contains(name)) out[name] = args[name];
    }
    return out;
}

}  // namespace

JobPointer start_backup(Service& service, const ClusterConfig& cluster, const Json& args,
                        const std::string& asked_by) {
    JobWork work = [&service, options = backup_options(cluster, args)](JobContext& context) {
        return back_up(service, options, context);
    };
    JobSpec spec("backup", cluster.name, asked_by);
    spec.exclusive = {exclusive_name(cluster.name)};
    spec.when_busy = own_part(args).empty() ? WhenBusy::join : WhenBusy::wait;
    spec.subject = own_part(args).dump();
    spec.limit = cluster.job_limit;
    return service.jobs.start(std::move(spec), std::move(work));
}

}  // namespace tsb

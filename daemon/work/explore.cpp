#include "core/ops/explore.hpp"

#include <spdlog/fmt/fmt.h>

#include "daemon/backup_request.hpp"
#include "daemon/report_parts.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

using ReportPointer = std::shared_ptr<ClusterReport>;

asio::awaitable<Outcome> explore(Service& service, const DrillOptions& options,
                                 unsigned sample_rows, const ReportPointer& report,
                                 JobContext& context) {
    BackupContents contents = co_await explore_backup(options, sample_rows, service.repository,
                                                      service.connect, service.clock, context);
    *report = std::move(contents.report);
    Json result = describe_head(*report);
    result["source"] = "backup";
    result["cluster"] = options.cluster;
    result["backup_id"] = contents.backup_id;
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> explore_live(Service& service, const ClusterConfig& cluster,
                                      unsigned sample_rows, const ReportPointer& report,
                                      JobContext& context) {
    context.progress.phase = Phase::checking;
    const ConnectOptions connection = backup_options(cluster, Json::object()).connection;
    ReportOptions options;
    options.sample_rows = sample_rows;
    *report = co_await read_cluster_report(service.connect, connection, options, context);
    Json result = describe_head(*report);
    result["source"] = "live";
    result["cluster"] = cluster.name;
    co_return Outcome(std::move(result));
}

/// One that nothing else is like: a job that only waits would else be given to several, and its
/// report to the first of them alone.
std::string own_subject(const std::string& backup, const ReportPointer& report) {
    return fmt::format("{} {}", backup, fmt::ptr(report.get()));
}

}  // namespace

JobPointer start_explore(Service& service, const ClusterConfig& cluster, const std::string& backup,
                         unsigned sample_rows, const std::string& asked_by, ReportPointer report) {
    JobSpec spec("explore", cluster.name, asked_by);
    spec.exclusive = {drill_place_name(cluster.name)};
    spec.subject = own_subject(backup, report);
    spec.limit = cluster.job_limit;
    JobWork work = [&service, sample_rows, options = drill_options(cluster, backup),
                    report = std::move(report)](JobContext& context) {
        return explore(service, options, sample_rows, report, context);
    };
    return service.jobs.start(std::move(spec), std::move(work));
}

JobPointer start_explore_live(Service& service, const ClusterConfig& cluster, unsigned sample_rows,
                              const std::string& asked_by, ReportPointer report) {
    JobSpec spec("explore", cluster.name, asked_by);
    spec.limit = cluster.job_limit;
    JobWork work = [&service, cluster, sample_rows,
                    report = std::move(report)](JobContext& context) {
        return explore_live(service, cluster, sample_rows, report, context);
    };
    return service.jobs.start(std::move(spec), std::move(work));
}

}  // namespace tsb

#include "core/ops/dump.hpp"

#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json describe(const DumpReport& report, const DumpOptions& options) {
    return {
        {"backup_id", report.backup_id},
        {"cluster", options.copy.cluster},
        {"database", options.database},
        {"file", options.file.string()},
        {"bytes", report.bytes},
        {"commands", commands_to_load(options.database, report.timescaledb_version, options.file)},
        {"notes", report.notes}};
}

asio::awaitable<Outcome> dump(Service& service, const DumpOptions& options, JobContext& context) {
    std::exception_ptr failure;
    bool damaged = false;
    try {
        const DumpReport report = co_await dump_database(options, service.repository,
                                                         service.connect, service.clock, context);
        Json result = describe(report, options);
        co_return Outcome(std::move(result));
    } catch (const Error& error) {
        damaged = error.code() == ErrorCode::damaged;
        failure = std::current_exception();
    }
    if (damaged) {
        verify_after(service, {options.copy.cluster, options.copy.backup}, "dump", context);
    }
    std::rethrow_exception(failure);
}

}  // namespace

JobPointer start_dump(Service& service, const ClusterConfig& cluster, const std::string& backup,
                      const std::string& database, const std::filesystem::path& file,
                      const std::string& asked_by) {
    DumpOptions options;
    options.copy = drill_options(cluster, backup);
    options.database = database;
    options.file = file;
    JobSpec spec("dump", cluster.name, asked_by);
    spec.exclusive = {drill_place_name(cluster.name), "dump to " + file.string()};
    spec.subject = backup + ", database " + database + " to " + file.string();
    spec.limit = cluster.job_limit;
    JobWork work = [&service, options = std::move(options)](JobContext& context) {
        return dump(service, options, context);
    };
    return service.jobs.start(std::move(spec), std::move(work));
}

}  // namespace tsb

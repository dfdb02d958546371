#include "core/ops/drill.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/ops/run_on.hpp"
#include "core/pg/conninfo.hpp"
#include "core/pg/database_contents.hpp"
#include "daemon/describe.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json describe(const DrilledDatabase& database) {
    const DatabaseContents& contents = database.contents;
    Json out = {{"name", database.name},
                {"size_bytes", database.size_bytes},
                {"rows", database.exact_rows.value_or(contents.estimated_rows)},
                {"rows_exact", database.exact_rows.has_value()},
                {"timescaledb_version", extension_version(contents, "timescaledb")},
                {"contents", describe(contents)}};
    if (database.recorded) out["recorded"] = describe(*database.recorded);
    return out;
}

Json describe(const DrillReport& report, const std::string& cluster) {
    Json databases = Json::array();
    for (const DrilledDatabase& database : report.databases) {
        databases.push_back(describe(database));
    }
    return {{"backup_id", report.backup_id},
            {"cluster", cluster},
            {"restored_ms", report.restored_in.count()},
            {"recovered_ms", report.recovered_in.count()},
            {"databases", std::move(databases)},
            {"problems", report.problems},
            {"notes", report.notes}};
}

/// Beside the backup, for list and show. A failure is logged.
void note_drill(Service& service, const std::string& cluster, const DrillReport& report,
                const std::string& job) {
    if (!service.keeps_books()) return;
    DrillResult result;
    result.at = service.clock.now();
    result.job_id = job;
    result.restored_ms = static_cast<std::uint64_t>(report.restored_in.count());
    result.recovered_ms = static_cast<std::uint64_t>(report.recovered_in.count());
    if (!report.problems.empty()) result.problems = first_of(report.problems);
    try {
        service.repository.record_drill(cluster, report.backup_id, result);
    } catch (const Error& error) {
        log(LogLevel::error, job,
            fmt::format("cannot note the drill of '{}': {}", report.backup_id, error.what()));
    }
}

asio::awaitable<Outcome> drill(Service& service, const DrillOptions& options, JobContext& context) {
    const DrillReport report =
        co_await drill_backup(options, service.repository, service.connect, service.clock, context);
    std::function<void()> note = [&] {
        note_drill(service, options.cluster, report, context.job_id);
    };
    co_await run_on_thread(std::move(note));
    Json result = describe(report, options.cluster);
    if (report.problems.empty()) co_return Outcome(std::move(result));
    const BackupName backup{options.cluster, report.backup_id};
    // It may be in the stored bytes, or have been in the cluster already: the verify tells.
    verify_after(service, backup, "drill", context);
    Error failure(ErrorCode::damaged, fmt::format("the drill of '{}' failed: {}", report.backup_id,
                                                  first_of(report.problems)));
    co_return Outcome(std::move(result), std::move(failure));
}

/// "postgres" is who made most clusters; the backups' own role is in each.
std::vector<std::string> likely_users(const ClusterConfig& cluster) {
    std::vector<std::string> users = {"postgres"};
    const Keywords keywords = parse_conninfo(cluster.connection);
    const auto own = keywords.find("user");
    if (own != keywords.end() && own->second != users.front()) users.push_back(own->second);
    return users;
}

}  // namespace

DrillOptions drill_options(const ClusterConfig& cluster, const std::string& backup) {
    DrillOptions options;
    options.cluster = cluster.name;
    options.backup = backup;
    options.server_binaries = cluster.server_binaries;
    options.users = likely_users(cluster);
    options.place = cluster.drill_directory;
    if (options.place.empty() && !cluster.restore_roots.empty()) {
        options.place = cluster.restore_roots.front() / "tsbackup-drill";
    }
    if (options.place.empty()) {
        throw Error(ErrorCode::config,
                    "cannot drill cluster '" + cluster.name + "': it has no place for drills",
                    "set restore.drill_directory of the cluster: a directory with room for all of "
                    "it, outside the repository");
    }
    return options;
}

std::string drill_place_name(const std::string& cluster) {
    return "drill of cluster " + cluster;
}

JobPointer start_drill(Service& service, const ClusterConfig& cluster, const std::string& backup,
                       RowCounts rows, const std::string& asked_by) {
    DrillOptions options = drill_options(cluster, backup);
    options.rows = rows;
    JobWork work = [&service, options = std::move(options)](JobContext& context) {
        return drill(service, options, context);
    };
    JobSpec spec("drill", cluster.name, asked_by);
    spec.exclusive = {drill_place_name(cluster.name)};
    spec.subject = rows == RowCounts::exact ? backup + ", exact" : backup;
    spec.limit = cluster.job_limit;
    return service.jobs.start(std::move(spec), std::move(work));
}

}  // namespace tsb

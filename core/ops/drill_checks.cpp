#include "core/ops/drill_checks.hpp"

#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "core/base/error.hpp"
#include "core/ops/drill_compare.hpp"
#include "core/ops/drill_rows.hpp"
#include "core/pg/database_contents.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/server_message.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_findings = 20;
constexpr std::chrono::minutes answer_limit{10};  // sizes are added up from a cold disk

/// The restored cluster, as one session sees it.
struct RestoredCluster {
    RestoredCluster() = default;
    std::unique_ptr<ReplicationSession> session;
    std::uint64_t next_xid = 0;  // of the first transaction that recovery did not find
    std::set<std::string> databases;
    std::set<std::string> half_dropped;  // of those
};

std::string quoted(const std::string& name) {
    return "'" + printable(name) + "'";
}

/// A stop is no finding: it ends the drill.
std::string problem_of(const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw error;
    return one_line(error.what());
}

asio::awaitable<void> look_at_identity(RestoredCluster& cluster, const Metadata& metadata,
                                       DrillFindings& findings) {
    const auto result = co_await cluster.session->execute(
        "SELECT system_identifier, pg_is_in_recovery()::text,"
        " pg_snapshot_xmax(pg_current_snapshot())::text FROM pg_control_system()",
        answer_limit);
    require_shape(result, 1, 3);
    const std::string found = printable(text_field(result, 0, 0));
    const std::string expected = std::to_string(metadata.system_identifier);
    if (found != expected) {
        findings.problems.push_back("the restored cluster has system identifier " + found +
                                    ", the backup " + expected);
    }
    if (text_field(result, 0, 1) != "false") {
        findings.problems.emplace_back("the restored cluster is still in recovery");
    }
    cluster.next_xid = number_field<std::uint64_t>(result, 0, 2);
}

asio::awaitable<void> list_databases(RestoredCluster& cluster) {
    // DROP DATABASE writes -2 before it removes the first file: nobody can connect from then on.
    const auto result = co_await cluster.session->execute(
        "SELECT datname, (datconnlimit = -2)::text FROM pg_database", answer_limit);
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
        const std::string name = text_field(result, row, 0);
        cluster.databases.insert(name);
        if (text_field(result, row, 1) == "true") cluster.half_dropped.insert(name);
    }
}

/// Whether recovery found the transaction, and that it had committed: then what it wrote, and what
/// was seen later, must be there.
asio::awaitable<bool> had_committed(RestoredCluster& cluster, std::uint32_t xid) {
    const std::optional<std::uint64_t> full = full_xid(cluster.next_xid, xid);
    if (!full) co_return false;
    std::string query = "SELECT pg_xact_status('" + std::to_string(*full) + "'::xid8)";
    const auto result = co_await cluster.session->execute(std::move(query), answer_limit);
    if (result.rows.empty()) co_return false;
    require_shape(result, 1, 1);
    co_return result.rows[0][0].value_or("committed") == "committed";  // NULL: very long ago
}

asio::awaitable<void> judge(RestoredCluster& cluster, std::vector<Difference> differences,
                            DrillFindings& findings) {
    for (Difference& difference : differences) {
        bool must_be_there = false;
        if (difference.xid != 0) must_be_there = co_await had_committed(cluster, difference.xid);
        std::vector<std::string>& list = must_be_there ? findings.problems : findings.notes;
        list.push_back(std::move(difference.text));
    }
}

void add_uncounted(const std::string& database, const std::vector<UncountedTable>& tables,
                   DrillFindings& findings) {
    for (const UncountedTable& table : tables) {
        std::vector<std::string>& list =
            table.cause.code() == ErrorCode::page_checksum ? findings.problems : findings.notes;
        if (list.size() >= most_findings) continue;
        list.push_back("cannot count the rows of " + quoted(table.name) + " in database " +
                       quoted(database) + ": " + one_line(table.cause.what()));
    }
}

asio::awaitable<DrilledDatabase> look_at_database(ReplicationSession& session, std::string name,
                                                  RowCounts rows, const JobContext& job,
                                                  DrillFindings& findings) {
    DrilledDatabase database;
    database.name = std::move(name);
    const auto size =
        co_await session.execute("SELECT pg_database_size(current_database())", answer_limit);
    require_shape(size, 1, 1);
    database.size_bytes = number_field<std::uint64_t>(size, 0, 0);
    database.contents = co_await read_database_contents(session, answer_limit);
    if (rows == RowCounts::estimated) co_return database;
    const bool plain = extension_version(database.contents, "timescaledb").empty();
    const CountedRows counted = co_await count_rows(
        session, plain ? TableKinds::ordinary : TableKinds::and_hypertables, job);
    if (counted.uncounted.empty()) database.exact_rows = counted.rows;
    add_uncounted(database.name, counted.uncounted, findings);
    co_return database;
}

/// One database that was there at the backup. What cannot be told of it throws.
asio::awaitable<void> look_at_recorded(const SessionFactory& connect, const ConnectOptions& base,
                                       RestoredCluster& cluster, const DatabaseInfo& recorded,
                                       RowCounts rows, const JobContext& job,
                                       DrillFindings& findings) {
    std::vector<Difference> found_differences;
    if (cluster.half_dropped.contains(recorded.name)) {
        found_differences.push_back(half_dropped_database(recorded));
    } else if (cluster.databases.contains(recorded.name)) {
        const auto session = co_await open_sql_session(connect, base, recorded.name, job.stop);
        DrilledDatabase found =
            co_await look_at_database(*session, recorded.name, rows, job, findings);
        found.recorded = recorded.contents;
        found_differences = differences(found, recorded);
        findings.databases.push_back(std::move(found));
    } else {
        found_differences.push_back(missing_database(recorded));
    }
    co_await judge(cluster, std::move(found_differences), findings);
}

asio::awaitable<void> look_at_databases(const SessionFactory& connect, const ConnectOptions& base,
                                        RestoredCluster& cluster, const Metadata& metadata,
                                        RowCounts rows, const JobContext& job,
                                        DrillFindings& findings) {
    for (const DatabaseInfo& recorded : metadata.databases) {
        if (recorded.name.empty()) {
            findings.notes.push_back(
                "databases were not looked at: at the backup they could not be "
                "asked: " +
                printable(recorded.problem));
            continue;
        }
        job.throw_if_stopped();
        try {
            co_await look_at_recorded(connect, base, cluster, recorded, rows, job, findings);
        } catch (const Error& error) {
            std::vector<std::string>& list =
                recorded.problem.empty() ? findings.problems : findings.notes;
            list.push_back("database " + quoted(recorded.name) +
                           " cannot be read: " + problem_of(error));
        }
    }
}

}  // namespace

asio::awaitable<DrillFindings> look_at_cluster(const SessionFactory& connect,
                                               const ConnectOptions& base, const Metadata& metadata,
                                               RowCounts rows, const JobContext& job) {
    DrillFindings findings;
    RestoredCluster cluster;
    try {
        cluster.session = co_await open_sql_session(connect, base, base.database, job.stop);
        co_await look_at_identity(cluster, metadata, findings);
        co_await list_databases(cluster);
    } catch (const Error& error) {
        findings.problems.push_back("the restored cluster cannot be read: " + problem_of(error));
        co_return findings;
    }
    co_await look_at_databases(connect, base, cluster, metadata, rows, job, findings);
    co_return findings;
}

// A finding is a line about the place and an indented one about what is wrong there.
std::vector<std::string> amcheck_findings(const std::string& output) {
    std::vector<std::string> findings;
    std::istringstream lines(output);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t start = line.find_first_not_of(' ');
        if (start == std::string::npos) continue;
        if (start > 0 && !findings.empty()) {
            if (count <= most_findings) findings.back() += " " + line.substr(start);
            continue;
        }
        if (++count <= most_findings) findings.push_back("pg_amcheck: " + line.substr(start));
    }
    if (count > most_findings) {
        findings.push_back("pg_amcheck: and " + std::to_string(count - most_findings) + " more");
    }
    return findings;
}

}  // namespace tsb

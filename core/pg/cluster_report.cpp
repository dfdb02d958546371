#include "core/pg/cluster_report.hpp"

#include <algorithm>
#include <iterator>

#include "core/pg/report_queries.hpp"
#include "core/pg/report_samples.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/server_message.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

// Locks are not waited for long, rows are read as they are or not at all, and what planted code
// there is may at least not write.
constexpr const char* session_settings =
    "SELECT set_config('lock_timeout', '10s', false), set_config('statement_timeout', '10min', "
    "false), set_config('row_security', 'off', false), set_config('default_transaction_read_only', "
    "'on', false), set_config('DateStyle', 'ISO', false), set_config('IntervalStyle', 'postgres', "
    "false), set_config('TimeZone', 'UTC', false)";

constexpr const char* server_state_query =
    "SELECT current_setting('server_version'), pg_is_in_recovery()::text,"
    " to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

constexpr const char* timescaledb_schema_query =
    "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
    " WHERE extname = 'timescaledb'";

asio::awaitable<std::unique_ptr<ReplicationSession>> open_session(const SessionFactory& connect,
                                                                  const ConnectOptions& base,
                                                                  std::string database,
                                                                  std::stop_token stop) {
    auto session = co_await open_sql_session(connect, base, std::move(database), std::move(stop));
    co_await session->execute(session_settings, sql_answer_limit);
    co_return session;
}

ReportCell cell_of(const std::optional<std::string>& field, CellKind kind) {
    if (!field) return {};
    switch (kind) {
        case CellKind::count:
            return parse_number<std::uint64_t>(*field);
        case CellKind::flag:
            return *field == "t";
        case CellKind::text:
            break;
    }
    return cut_text(*field);
}

void take_rows(const ReportQuery& query, const ResultSet& result, const ReportScope& scope) {
    ReportList& list = scope.report.list(query.list);
    const std::size_t given = scope.database.empty() ? 0 : 1;  // columns that we add
    require_shape(result, result.rows.size(), query.columns.size() - given);
    for (const auto& fields : result.rows) {
        if (list.rows.size() == most_report_rows) {
            scope.note("more " + query.list + " than the " + std::to_string(most_report_rows) +
                       " that a report shows");
            return;
        }
        ReportRow row;
        if (given != 0) row.emplace_back(cut_text(scope.database));
        for (std::size_t column = given; column < query.columns.size(); ++column) {
            row.push_back(cell_of(fields[column - given], query.columns[column].kind));
        }
        list.rows.push_back(std::move(row));
    }
}

asio::awaitable<void> ask(ReplicationSession& session, const ReportQuery& query,
                          const ReportScope& scope) {
    scope.job.throw_if_stopped();
    const std::size_t room = most_report_rows - scope.report.list(query.list).rows.size();
    std::string sql = query.sql + " LIMIT " + std::to_string(room + 1);
    try {
        const auto result = co_await session.execute(std::move(sql), report_answer_limit);
        take_rows(query, result, scope);
    } catch (const Error& error) {
        scope.note_failure(query.list, error);
    }
}

asio::awaitable<void> read_database(ReplicationSession& session, const ReportOptions& options,
                                    const ReportScope& scope) {
    const auto extension = co_await session.execute(timescaledb_schema_query, report_answer_limit);
    const std::string schema = extension.rows.empty() ? "" : text_field(extension, 0, 0);
    const std::vector<ReportQuery> queries = database_queries(schema);
    for (const ReportQuery& query : queries) co_await ask(session, query, scope);
    if (options.sample_rows == 0) co_return;
    co_await read_samples(session, scope, std::min(options.sample_rows, most_sample_rows));
}

/// The text in a cell; nothing where the server said NULL, though it should not.
std::string text_in(const ReportCell& cell) {
    const auto* const text = std::get_if<std::string>(&cell);
    return text == nullptr ? "" : *text;
}

/// Names of the databases in the report that can be looked at and are no templates.
std::vector<std::string> databases_to_read(ClusterReport& report) {
    std::vector<std::string> names;
    for (const ReportRow& row : report.list("databases").rows) {
        const bool is_template = row[5] != ReportCell(false);
        const bool connects = row[6] == ReportCell(true);
        std::string name = text_in(row[0]);
        if (!name.empty() && !is_template && connects) names.push_back(std::move(name));
    }
    return names;
}

void hide_secrets(ReportList& settings) {
    for (ReportRow& row : settings.rows) {
        row[1] = shown_setting(text_in(row[0]), text_in(row[1]));
    }
}

/// All lists without rows, as whatever server and databases there are would fill them.
ClusterReport empty_report(int server_version) {
    ClusterReport report;
    std::vector<ReportQuery> queries = cluster_queries(server_version, SettingsOf::server);
    std::ranges::move(database_queries("public"), std::back_inserter(queries));
    for (ReportQuery& query : queries) {
        const bool there = std::ranges::any_of(
            report.lists, [&](const ReportList& list) { return list.name == query.list; });
        if (there) continue;
        ReportList& list = report.lists.emplace_back();
        list.name = std::move(query.list);
        list.columns = std::move(query.columns);
    }
    return report;
}

asio::awaitable<ClusterReport> read_cluster(const SessionFactory& connect,
                                            const ConnectOptions& base,
                                            const ReportOptions& options, const JobContext& job) {
    const auto session = co_await open_session(connect, base, base.database, job.stop);
    const auto server = co_await session->execute(server_state_query, sql_answer_limit);
    require_shape(server, 1, 3);
    ClusterReport report = empty_report(session->server_version());
    report.server_version = one_line(text_field(server, 0, 0), 100);
    report.in_recovery = text_field(server, 0, 1) == "true";
    report.server_time = one_line(text_field(server, 0, 2), 40);
    const ReportScope scope(report, job, {});
    const std::vector<ReportQuery> queries =
        cluster_queries(session->server_version(), options.settings);
    for (const ReportQuery& query : queries) co_await ask(*session, query, scope);
    hide_secrets(report.list("settings"));
    co_return report;
}

}  // namespace

ReportList& ClusterReport::list(std::string_view name) {
    const auto found =
        std::ranges::find_if(lists, [&](const ReportList& each) { return each.name == name; });
    if (found == lists.end()) {
        throw Error(ErrorCode::internal, "no list '" + std::string(name) + "' in a report");
    }
    return *found;
}

asio::awaitable<ClusterReport> read_cluster_report(const SessionFactory& connect,
                                                   const ConnectOptions& base,
                                                   const ReportOptions& options,
                                                   const JobContext& job) {
    ClusterReport report = co_await read_cluster(connect, base, options, job);
    const std::vector<std::string> databases = databases_to_read(report);
    for (const std::string& database : databases) {
        job.throw_if_stopped();
        const ReportScope scope(report, job, database);
        const std::size_t notes = report.notes.size();
        try {
            const auto session = co_await open_session(connect, base, database, job.stop);
            co_await read_database(*session, options, scope);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::cancelled) throw;
            // What was lost in the middle has its note.
            if (report.notes.size() == notes)
                scope.note(std::string("cannot be read: ") + error.what());
        }
    }
    co_return report;
}

}  // namespace tsb

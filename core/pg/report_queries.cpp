#include "core/pg/report_queries.hpp"

#include "core/pg/server_facts.hpp"

namespace tsb {

namespace {

constexpr CellKind as_text = CellKind::text;
constexpr CellKind as_count = CellKind::count;
constexpr CellKind as_flag = CellKind::flag;
constexpr ReportColumn database_column = {"database", as_text};

// What the users made: TimescaleDB keeps its chunks in schemas of its own.
constexpr const char* users_schema =
    "n.nspname !~ '^(pg_|information_schema$|_?timescaledb)' AND NOT EXISTS (SELECT FROM pg_depend "
    "WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')";

std::string quoted_identifier(const std::string& name) {
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string in_utc(const std::string& time) {
    return "to_char(" + time + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
}

ReportQuery query(const char* list, std::vector<ReportColumn> columns, std::string sql) {
    ReportQuery made;
    made.list = list;
    made.columns = std::move(columns);
    made.sql = std::move(sql);
    return made;
}

ReportQuery databases(int server_version) {
    return query("databases",
                 {{"name", as_text},
                  {"size_bytes", as_count},
                  {"owner", as_text},
                  {"encoding", as_text},
                  {"collation", as_text},
                  {"template", as_flag},
                  {"connects", as_flag}},
                 "SELECT name, size, owner, encoding, locale || CASE provider WHEN 'i' THEN "
                 "' (icu' WHEN 'b' THEN ' (builtin' ELSE ' (libc' END || "
                 "coalesce(' ' || version, '') || ')', template, connects"
                 " FROM (SELECT datname::text, CASE WHEN has_database_privilege(oid, 'CONNECT')"
                 " OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END,"
                 " pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text,"
                 " datistemplate, datallowconn, " +
                     database_locale_columns(server_version) +
                     " FROM pg_database) AS d(name, size, owner, encoding, template, connects,"
                     " locale, provider, version) ORDER BY template, name");
}

ReportQuery roles() {
    return query(
        "roles",
        {{"name", as_text},
         {"login", as_flag},
         {"superuser", as_flag},
         {"replication", as_flag},
         {"createdb", as_flag},
         {"createrole", as_flag},
         {"member_of", as_text}},
        "SELECT rolname, rolcanlogin, rolsuper, rolreplication, rolcreatedb, rolcreaterole,"
        " (SELECT string_agg(g.rolname, ', ' ORDER BY g.rolname) FROM pg_auth_members m"
        " JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)"
        " FROM pg_roles r WHERE rolname !~ '^pg_' ORDER BY rolname");
}

std::vector<ReportColumn> settings_columns() {
    return {{"name", as_text}, {"value", as_text}, {"source", as_text}};
}

ReportQuery server_settings() {
    return query("settings", settings_columns(),
                 "SELECT name, setting || coalesce(' ' || unit, ''), source FROM pg_settings"
                 " WHERE source NOT IN ('default', 'override', 'client', 'session') ORDER BY 1");
}

// Whom they are for stands as their source.
ReportQuery stored_settings() {
    return query("settings", settings_columns(),
                 "SELECT split_part(line, '=', 1), substr(line, strpos(line, '=') + 1),"
                 " concat_ws(', ', 'database ' || (SELECT datname FROM pg_database d"
                 " WHERE d.oid = setdatabase), 'role ' || (SELECT rolname FROM pg_roles r"
                 " WHERE r.oid = setrole)) FROM pg_db_role_setting, unnest(setconfig) AS line"
                 " ORDER BY 3, 1");
}

ReportQuery schemas() {
    return query("schemas",
                 {database_column, {"name", as_text}, {"owner", as_text}, {"tables", as_count}},
                 std::string("SELECT n.nspname, pg_get_userbyid(n.nspowner), (SELECT count(*)"
                             " FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind"
                             " IN ('r', 'p', 'm', 'f')) FROM pg_namespace n WHERE ") +
                     users_schema + " ORDER BY 1");
}

ReportQuery extensions() {
    return query("extensions",
                 {database_column, {"name", as_text}, {"version", as_text}, {"schema", as_text}},
                 "SELECT extname, extversion, nspname FROM pg_extension e"
                 " JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1");
}

/// The table is ordered by size, so that of too many the small ones are left out.
ReportQuery tables(const std::string& functions) {
    std::string sql =
        std::string(
            "SELECT n.nspname, c.relname, CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'm' THEN"
            " 'materialized view' WHEN 'f' THEN 'foreign' ELSE CASE c.relpersistence WHEN 'u' THEN"
            " 'unlogged' ELSE CASE WHEN c.relispartition THEN 'partition' ELSE 'table' END END END,"
            " pg_get_userbyid(c.relowner), pg_total_relation_size(c.oid), pg_table_size(c.oid),"
            " pg_indexes_size(c.oid), CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'm', 'f') AND ") +
        users_schema;
    if (!functions.empty()) {
        sql +=
            " AND NOT EXISTS (SELECT FROM timescaledb_information.hypertables h"
            " WHERE h.hypertable_schema = n.nspname AND h.hypertable_name = c.relname)"
            " UNION ALL SELECT h.hypertable_schema, h.hypertable_name, 'hypertable', h.owner,"
            " s.total, s.heap, s.indexes, nullif(" +
            functions +
            "approximate_row_count(r.oid), 0) FROM timescaledb_information.hypertables h"
            " CROSS JOIN LATERAL (SELECT format('%I.%I', h.hypertable_schema,"
            " h.hypertable_name)::regclass AS oid) r CROSS JOIN LATERAL (SELECT"
            " sum(total_bytes)::bigint AS total, sum(table_bytes + coalesce(toast_bytes,"
            " 0))::bigint AS heap, sum(index_bytes)::bigint AS indexes FROM " +
            functions + "hypertable_detailed_size(r.oid)) s";
    }
    return query("tables",
                 {database_column,
                  {"schema", as_text},
                  {"name", as_text},
                  {"kind", as_text},
                  {"owner", as_text},
                  {"total_bytes", as_count},
                  {"heap_bytes", as_count},
                  {"index_bytes", as_count},
                  {"rows", as_count}},
                 sql + " ORDER BY 5 DESC NULLS LAST, 1, 2");
}

ReportQuery indexes() {
    return query("indexes",
                 {database_column,
                  {"schema", as_text},
                  {"name", as_text},
                  {"table", as_text},
                  {"size_bytes", as_count},
                  {"unique", as_flag},
                  {"valid", as_flag},
                  {"definition", as_text}},
                 std::string("SELECT n.nspname, c.relname, t.relname, pg_relation_size(c.oid),"
                             " i.indisunique, i.indisvalid, left(pg_get_indexdef(c.oid), 500)"
                             " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                             " JOIN pg_class t ON t.oid = i.indrelid"
                             " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ") +
                     users_schema + " ORDER BY 4 DESC NULLS LAST, 1, 2");
}

ReportQuery hypertables(const std::string& functions) {
    return query(
        "hypertables",
        {database_column,
         {"schema", as_text},
         {"name", as_text},
         {"dimension", as_text},
         {"chunk_interval", as_text},
         {"chunks", as_count},
         {"compressed_chunks", as_count},
         {"range_start", as_text},
         {"range_end", as_text},
         {"total_bytes", as_count},
         {"before_compression_bytes", as_count},
         {"after_compression_bytes", as_count}},
        "SELECT h.hypertable_schema, h.hypertable_name, d.column_name,"
        " coalesce(d.time_interval::text, d.integer_interval::text), h.num_chunks, c.compressed,"
        " coalesce(" +
            in_utc("c.begins") + ", c.first::text), coalesce(" + in_utc("c.ends") +
            ", c.last::text), s.total, z.before, z.after"
            " FROM timescaledb_information.hypertables h CROSS JOIN LATERAL (SELECT format('%I.%I',"
            " h.hypertable_schema, h.hypertable_name)::regclass AS oid) r"
            " LEFT JOIN timescaledb_information.dimensions d ON d.dimension_number = 1 AND"
            " d.hypertable_schema = h.hypertable_schema AND d.hypertable_name = h.hypertable_name"
            " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE is_compressed) AS compressed,"
            " min(range_start) AS begins, max(range_end) AS ends, min(range_start_integer) AS"
            " first, max(range_end_integer) AS last FROM timescaledb_information.chunks k WHERE"
            " k.hypertable_schema = h.hypertable_schema AND k.hypertable_name = h.hypertable_name)"
            " c CROSS JOIN LATERAL (SELECT sum(total_bytes)::bigint AS total FROM " +
            functions +
            "hypertable_detailed_size(r.oid)) s CROSS JOIN LATERAL"
            " (SELECT sum(before_compression_total_bytes)::bigint AS before,"
            " sum(after_compression_total_bytes)::bigint AS after FROM " +
            functions + "hypertable_compression_stats(r.oid)) z ORDER BY 9 DESC NULLS LAST, 1, 2");
}

/// Newest first: of too many the oldest are left out.
ReportQuery chunks(const std::string& functions) {
    return query("chunks",
                 {database_column,
                  {"schema", as_text},
                  {"hypertable", as_text},
                  {"name", as_text},
                  {"range_start", as_text},
                  {"range_end", as_text},
                  {"size_bytes", as_count},
                  {"compressed", as_flag}},
                 "SELECT h.hypertable_schema, h.hypertable_name, k.chunk_name, coalesce(" +
                     in_utc("k.range_start") + ", k.range_start_integer::text), coalesce(" +
                     in_utc("k.range_end") +
                     ", k.range_end_integer::text), s.total_bytes, k.is_compressed"
                     " FROM timescaledb_information.hypertables h CROSS JOIN LATERAL " +
                     functions +
                     "chunks_detailed_size(format('%I.%I', h.hypertable_schema,"
                     " h.hypertable_name)::regclass) s JOIN timescaledb_information.chunks k"
                     " ON k.chunk_schema = s.chunk_schema AND k.chunk_name = s.chunk_name"
                     " ORDER BY 1, 2, k.range_start DESC, k.range_start_integer DESC");
}

ReportQuery continuous_aggregates(const std::string& functions) {
    return query("continuous_aggregates",
                 {database_column,
                  {"schema", as_text},
                  {"name", as_text},
                  {"owner", as_text},
                  {"source", as_text},
                  {"materialized_only", as_flag},
                  {"size_bytes", as_count},
                  {"definition", as_text}},
                 "SELECT a.view_schema, a.view_name, a.view_owner, a.hypertable_schema || '.' ||"
                 " a.hypertable_name, a.materialized_only, (SELECT sum(total_bytes)::bigint FROM " +
                     functions +
                     "hypertable_detailed_size(format('%I.%I', a.materialization_hypertable_schema,"
                     " a.materialization_hypertable_name)::regclass)),"
                     " left(a.view_definition, 1000)"
                     " FROM timescaledb_information.continuous_aggregates a ORDER BY 1, 2");
}

// Policies are jobs whose procedure is one of TimescaleDB's own.
ReportQuery jobs() {
    return query("jobs",
                 {database_column,
                  {"id", as_count},
                  {"name", as_text},
                  {"procedure", as_text},
                  {"policy", as_flag},
                  {"target", as_text},
                  {"every", as_text},
                  {"scheduled", as_flag},
                  {"config", as_text}},
                 "SELECT job_id, application_name, proc_schema || '.' || proc_name,"
                 " proc_name ~ '^policy_' AND proc_schema ~ '^_timescaledb_', hypertable_schema"
                 " || '.' || hypertable_name, schedule_interval, scheduled, left(config::text, 500)"
                 " FROM timescaledb_information.jobs ORDER BY 1");
}

}  // namespace

std::vector<ReportQuery> cluster_queries(int server_version, SettingsOf settings) {
    std::vector<ReportQuery> queries = {databases(server_version), roles(), stored_settings()};
    if (settings == SettingsOf::server) queries.push_back(server_settings());
    return queries;
}

std::vector<ReportQuery> database_queries(const std::string& timescaledb_schema) {
    std::string functions;
    if (!timescaledb_schema.empty()) {
        functions = quoted_identifier(timescaledb_schema) + ".";
    }
    std::vector<ReportQuery> queries = {schemas(), extensions(), tables(functions), indexes()};
    if (!functions.empty()) {
        queries.push_back(hypertables(functions));
        queries.push_back(chunks(functions));
        queries.push_back(continuous_aggregates(functions));
        queries.push_back(jobs());
    }
    return queries;
}

std::string sample_query(unsigned rows) {
    // Rows of a hypertable lie in its children, those of other parents are shown with these.
    return std::string(
               "SELECT n.nspname, c.relname, format('SELECT %s FROM %s%I.%I LIMIT %s', columns,"
               " CASE WHEN chunked THEN '' ELSE 'ONLY ' END, n.nspname, c.relname, ") +
           std::to_string(rows) +
           ") FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL"
           " (SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class k ON k.oid = inhrelid JOIN"
           " pg_namespace s ON s.oid = k.relnamespace WHERE inhparent = c.oid AND s.nspname ="
           " '_timescaledb_internal')) AS h(chunked) CROSS JOIN LATERAL (SELECT"
           " string_agg(format('CASE WHEN num_nulls(%1$I) = 0 THEN left(format(''%%s'', %1$I), 200)"
           " END AS %1$I', attname), ', ' ORDER BY attnum) FROM (SELECT attname, attnum FROM"
           " pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY"
           " attnum LIMIT 40) AS a) AS l(columns) WHERE c.relkind IN ('r', 'm') AND columns IS NOT"
           " NULL AND NOT (chunked AND EXISTS (SELECT FROM pg_inherits JOIN pg_class k ON k.oid ="
           " inhrelid WHERE inhparent = c.oid AND k.relkind = 'f')) AND " +
           users_schema + " ORDER BY 1, 2";
}

}  // namespace tsb

#include "core/pg/report_samples.hpp"

#include "core/pg/report_queries.hpp"
#include "core/pg/result_fields.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::size_t longest_cell = 800;  // bytes of the 200 characters that are asked for
constexpr std::size_t most_columns = 40;

TableSample sample_of(ResultSet result) {
    TableSample sample;
    for (std::string& column : result.columns) {
        if (sample.columns.size() == most_columns) break;
        sample.columns.push_back(cut_text(std::move(column)));
    }
    for (auto& fields : result.rows) {
        if (sample.rows.size() == most_sample_rows) break;
        fields.resize(sample.columns.size());
        for (auto& field : fields) {
            if (field) field = cut_text(std::move(*field), longest_cell);
        }
        sample.rows.push_back(std::move(fields));
    }
    return sample;
}

/// Of all texts in the samples.
std::size_t bytes_of(const std::vector<TableSample>& samples) {
    std::size_t bytes = 0;
    for (const TableSample& sample : samples) {
        for (const auto& row : sample.rows) {
            for (const auto& field : row) bytes += field ? field->size() : 0;
        }
    }
    return bytes;
}

/// False, with a note, when a bound is reached.
bool has_room(const ReportScope& scope) {
    std::string bound;
    if (scope.report.samples.size() >= most_sampled_tables) {
        bound = "of more than " + std::to_string(most_sampled_tables) + " tables";
    } else if (bytes_of(scope.report.samples) >= most_sample_bytes) {
        bound = "beyond " + std::to_string(most_sample_bytes >> 20) + " MiB in all";
    }
    if (!bound.empty()) scope.note("a report shows no rows " + bound);
    return bound.empty();
}

asio::awaitable<void> read_table(ReplicationSession& session, const ReportScope& scope,
                                 const ResultSet& tables, std::size_t row) {
    const std::string schema = cut_text(text_field(tables, row, 0));
    const std::string table = cut_text(text_field(tables, row, 1));
    try {
        std::string sql = text_field(tables, row, 2);
        auto result = co_await session.execute(std::move(sql), report_answer_limit);
        TableSample sample = sample_of(std::move(result));
        sample.database = scope.database;
        sample.schema = schema;
        sample.table = table;
        scope.report.samples.push_back(std::move(sample));
    } catch (const Error& error) {
        scope.note_failure("rows of " + schema + "." + table, error);
    }
}

}  // namespace

asio::awaitable<void> read_samples(ReplicationSession& session, const ReportScope& scope,
                                   unsigned rows) {
    ResultSet tables;
    try {
        std::string sql = sample_query(rows) + " LIMIT " + std::to_string(most_sampled_tables + 1);
        tables = co_await session.execute(std::move(sql), report_answer_limit);
        require_shape(tables, tables.rows.size(), 3);
    } catch (const Error& error) {
        scope.note_failure("rows", error);
    }
    for (std::size_t row = 0; row < tables.rows.size() && has_room(scope); ++row) {
        scope.job.throw_if_stopped();
        co_await read_table(session, scope, tables, row);
    }
}

}  // namespace tsb

#include "daemon/report_parts.hpp"

namespace tsb {
namespace {

// Much shorter than a line may be, since names and marks come on top and text may grow by escapes.
constexpr std::size_t part_bytes = 256 << 10;

Json describe(const ReportCell& cell) {
    if (const auto* const text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* const number = std::get_if<std::uint64_t>(&cell)) return *number;
    if (const auto* const flag = std::get_if<bool>(&cell)) return *flag;
    return nullptr;
}

std::size_t weight_of(const ReportRow& row) {
    std::size_t bytes = 0;
    for (const ReportCell& cell : row) {
        const auto* const text = std::get_if<std::string>(&cell);
        bytes += 20 + (text == nullptr ? 0 : text->size());
    }
    return bytes;
}

std::size_t weight_of(const TableSample& sample) {
    std::size_t bytes = 0;
    for (const auto& row : sample.rows) {
        for (const auto& field : row) bytes += 5 + (field ? field->size() : 0);
    }
    return bytes;
}

Json describe(const TableSample& sample) {
    Json rows = Json::array();
    for (const auto& row : sample.rows) {
        Json& cells = rows.emplace_back(Json::array());
        for (const auto& field : row) cells.push_back(field ? Json(*field) : Json());
    }
    return {{"database", sample.database},
            {"schema", sample.schema},
            {"table", sample.table},
            {"columns", sample.columns},
            {"rows", std::move(rows)}};
}

}  // namespace

Json describe_head(const ClusterReport& report) {
    return {{"report_version", report_version},
            {"server_version", report.server_version},
            {"server_time", report.server_time},
            {"in_recovery", report.in_recovery},
            {"notes", report.notes}};
}

std::optional<Json> ReportParts::next() {
    if (over_) return std::nullopt;
    return list_ < report_.lists.size() ? list_part() : sample_part();
}

Json ReportParts::list_part() {
    const ReportList& list = report_.lists[list_];
    Json items = Json::array();
    for (std::size_t bytes = 0; row_ < list.rows.size() && bytes < part_bytes; ++row_) {
        const ReportRow& row = list.rows[row_];
        Json item = Json::object();
        for (std::size_t column = 0; column < row.size(); ++column) {
            item[list.columns[column].name] = describe(row[column]);
        }
        items.push_back(std::move(item));
        bytes += weight_of(row);
    }
    if (row_ == list.rows.size()) {
        ++list_;
        row_ = 0;
    }
    return encode_part(list.name, std::move(items));
}

Json ReportParts::sample_part() {
    Json items = Json::array();
    for (std::size_t bytes = 0; row_ < report_.samples.size() && bytes < part_bytes; ++row_) {
        items.push_back(describe(report_.samples[row_]));
        bytes += weight_of(report_.samples[row_]);
    }
    over_ = row_ == report_.samples.size();
    return encode_part("samples", std::move(items));
}

}  // namespace tsb

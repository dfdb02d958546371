#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/progress_view.hpp"
#include "daemon/ctl/render_parts.hpp"
#include "daemon/ctl/text_table.hpp"

namespace tsb {
namespace {

constexpr std::size_t most_lines = 30;    // of one list
constexpr std::size_t most_samples = 20;  // tables whose rows are shown
constexpr std::size_t widest_cell = 48;

struct Column {
    const char* header;
    const char* key;  // a size when it ends in "bytes"
};

struct Section {
    const char* list;
    std::vector<Column> columns;
};

std::vector<Section> sections() {
    constexpr Column database = {"DATABASE", "database"};
    constexpr Column schema = {"SCHEMA", "schema"};
    return {{"databases",
             {{"DATABASE", "name"},
              {"SIZE", "size_bytes"},
              {"OWNER", "owner"},
              {"ENCODING", "encoding"},
              {"COLLATION", "collation"}}},
            {"tables",
             {database,
              schema,
              {"TABLE", "name"},
              {"KIND", "kind"},
              {"ROWS", "rows"},
              {"TOTAL", "total_bytes"},
              {"HEAP", "heap_bytes"},
              {"INDEXES", "index_bytes"}}},
            {"hypertables",
             {database,
              schema,
              {"HYPERTABLE", "name"},
              {"CHUNKS", "chunks"},
              {"COMPRESSED", "compressed_chunks"},
              {"FROM", "range_start"},
              {"TO", "range_end"},
              {"TOTAL", "total_bytes"},
              {"BEFORE", "before_compression_bytes"},
              {"AFTER", "after_compression_bytes"}}},
            {"continuous_aggregates",
             {database,
              schema,
              {"CONTINUOUS AGGREGATE", "name"},
              {"OF", "source"},
              {"SIZE", "size_bytes"}}},
            {"jobs",
             {database,
              {"JOB", "id"},
              {"NAME", "name"},
              {"EVERY", "every"},
              {"SCHEDULED", "scheduled"},
              {"TARGET", "target"}}},
            {"extensions", {database, {"EXTENSION", "name"}, {"VERSION", "version"}}},
            {"roles",
             {{"ROLE", "name"},
              {"LOGIN", "login"},
              {"SUPERUSER", "superuser"},
              {"REPLICATION", "replication"},
              {"MEMBER OF", "member_of"}}},
            {"settings", {{"SETTING", "name"}, {"VALUE", "value"}, {"SOURCE", "source"}}}};
}

std::string cell(const Json& item, const char* key) {
    const auto found = item.find(key);
    if (found == item.end() || found->is_null()) return "-";
    if (found->is_boolean()) return found->get<bool>() ? "yes" : "no";
    if (found->is_number_integer()) {
        const auto number = found->get<std::uint64_t>();
        const bool is_size = std::string_view(key).ends_with("bytes");
        return is_size ? human_size(number) : std::to_string(number);
    }
    return cut_to_width(printable(found->get<std::string>()), widest_cell);
}

std::string section_text(const Json& items, const Section& section) {
    TextRow header;
    for (const Column& column : section.columns) header.emplace_back(column.header);
    std::vector<TextRow> rows;
    for (const Json& item : items) {
        if (rows.size() == most_lines) break;
        TextRow& row = rows.emplace_back();
        for (const Column& column : section.columns) row.push_back(cell(item, column.key));
    }
    std::string out = "\n" + text_table(header, rows);
    if (items.size() > rows.size()) {
        out +=
            fmt::format("and {} more; --out DIR and --json show all\n", items.size() - rows.size());
    }
    return out;
}

std::string sample_text(const Json& sample) {
    TextRow header;
    for (const Json& column : list_at(sample, "columns")) {
        header.push_back(cut_to_width(printable(column.get<std::string>()), widest_cell));
    }
    std::vector<TextRow> rows;
    for (const Json& fields : list_at(sample, "rows")) {
        TextRow& row = rows.emplace_back();
        for (std::size_t column = 0; column < header.size(); ++column) {
            const Json& field = fields.at(column);
            row.push_back(field.is_null()
                              ? "NULL"
                              : cut_to_width(printable(field.get<std::string>()), widest_cell));
        }
    }
    return fmt::format("\n{}: {}.{}\n{}", text_at(sample, "database"), text_at(sample, "schema"),
                       text_at(sample, "table"), text_table(header, rows));
}

std::string samples_text(const Json& samples) {
    std::string out;
    for (std::size_t index = 0; index < samples.size() && index < most_samples; ++index) {
        out += sample_text(samples[index]);
    }
    if (samples.size() > most_samples) {
        out += fmt::format("\nand rows of {} more tables; --out DIR and --json show all\n",
                           samples.size() - most_samples);
    }
    return out;
}

/// What is only counted here.
std::string counts_text(const Json& result) {
    std::string out;
    for (const char* const list : {"schemas", "indexes", "chunks"}) {
        const std::size_t count = list_at(result, list).size();
        if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, list);
    }
    return out.empty() ? "" : "\n" + out + "; --out DIR and --json show them\n";
}

std::string changes_text(const Json& changes) {
    if (changes.empty()) return "nothing has changed\n";
    std::vector<TextRow> rows;
    for (const Json& change : changes) {
        const std::string key = text_at(change, "field");
        rows.push_back({text_at(change, "change"), text_at(change, "what"),
                        cut_to_width(text_at(change, "name"), 2 * widest_cell), key,
                        cell(change, "before"), cell(change, "after")});
        if (key.ends_with("bytes")) {
            rows.back()[4] = size_at(change, "before");
            rows.back()[5] = size_at(change, "after");
        }
    }
    return text_table({"CHANGE", "WHAT", "NAME", "FIELD", "BEFORE", "AFTER"}, rows);
}

std::string headline(const Json& result) {
    const bool live = text_at(result, "source") == "live";
    const std::string subject =
        live ? text_at(result, "cluster")
             : text_at(result, "backup_id") + " of " + text_at(result, "cluster");
    return fmt::format("{}: PostgreSQL {}, looked at {}\n", subject,
                       text_at(result, "server_version"), text_at(result, "server_time"));
}

}  // namespace

std::string render_explore(const Json& result) {
    if (result.contains("changes")) return changes_text(result["changes"]);
    std::string out = headline(result);
    for (const Section& section : sections()) {
        const Json& items = list_at(result, section.list);
        if (!items.empty()) out += section_text(items, section);
    }
    return out + counts_text(result) + samples_text(list_at(result, "samples")) +
           lines_of(result, "notes", "note: ") + lines_of(result, "written", "written: ");
}

}  // namespace tsb

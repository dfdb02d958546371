#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/render_parts.hpp"
#include "daemon/ctl/text_table.hpp"

namespace tsb {
namespace {

std::string time_to_recovery(const Json& drill) {
    const std::uint64_t all = count_at(drill, "restored_ms") + count_at(drill, "recovered_ms");
    return human_clock(std::chrono::seconds((all + 500) / 1000));
}

}  // namespace

std::string drill_text(const Json& drill) {
    if (drill.value("passed", false)) return "passed in " + time_to_recovery(drill);
    return "failed: " + text_at(drill, "problem");
}

std::string render_drill(const Json& result) {
    const Json& problems = list_at(result, "problems");
    std::string out = fmt::format("Drill of {} of {}: {}, {} until it accepted writes\n",
                                  text_at(result, "backup_id"), text_at(result, "cluster"),
                                  problems.empty() ? "passed" : "failed", time_to_recovery(result));
    std::vector<TextRow> rows;
    for (const Json& database : list_at(result, "databases")) {
        const std::string version = text_at(database, "timescaledb_version");
        const Json& contents = database.at("contents");
        const std::string count = std::to_string(count_at(database, "rows"));
        rows.push_back({text_at(database, "name"), size_at(database, "size_bytes"),
                        std::to_string(count_at(contents, "tables")),
                        database.value("rows_exact", false) ? count : "about " + count,
                        version.empty() ? "-" : version,
                        std::to_string(count_at(contents, "hypertables")),
                        std::to_string(count_at(contents, "chunks"))});
    }
    if (!rows.empty()) {
        out += text_table(
            {"DATABASE", "SIZE", "TABLES", "ROWS", "TIMESCALEDB", "HYPERTABLES", "CHUNKS"}, rows);
    }
    return out + lines_of(result, "problems", "problem: ") + lines_of(result, "notes", "note: ");
}

}  // namespace tsb

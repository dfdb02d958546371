// The report of a repository, for a terminal.
#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/render_parts.hpp"
#include "daemon/ctl/text_table.hpp"

namespace tsb {
namespace {

std::string head(const Json& result) {
    const Json& repository = result.at("repository");
    std::string out = fmt::format("Repository {}: {} free", text_at(repository, "path"),
                                  size_at(repository, "free_bytes"));
    if (repository.contains("days_left")) {
        out += fmt::format(", full in about {} days", count_at(repository, "days_left"));
    }
    const Json& growth = list_at(result, "growth");
    if (growth.size() > 1) {
        out += fmt::format("; {} stored on {}, {} on {}", size_at(growth.front(), "stored_bytes"),
                           text_at(growth.front(), "at").substr(0, 10),
                           size_at(growth.back(), "stored_bytes"),
                           text_at(growth.back(), "at").substr(0, 10));
    }
    return out + "\n";
}

std::string speed_text(const Json& backup) {
    const std::uint64_t took = count_at(backup, "copy_ms");
    if (took == 0) return "-";
    return human_size(count_at(backup, "cluster_bytes") * 1000 / took) + "/s";
}

std::string duration_text(const Json& backup) {
    return human_clock(std::chrono::seconds((count_at(backup, "total_ms") + 500) / 1000));
}

TextRow row_of(const Json& backup) {
    const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
    TextRow row = {text_at(backup, "cluster"), text_at(backup, "backup_id"),
                   text_at(backup, "state")};
    if (text_at(backup, "state") == "broken") {
        row.insert(row.end(), {"-", "-", "-", "-", "-", "-"});
    } else {
        row.insert(row.end(), {size_at(backup, "stored_bytes"), size_at(backup, "cluster_bytes"),
                               duration_text(backup), speed_text(backup),
                               or_dash(text_at(backup, "verified_at")),
                               backup.contains("drill") ? drill_text(backup.at("drill")) : "-"});
    }
    const auto retention = backup.find("retention");
    row.push_back(retention == backup.end() ? "-" : text_at(*retention, "sentence"));
    return row;
}

}  // namespace

std::string render_repository(const Json& result) {
    std::vector<TextRow> rows;
    for (const Json& backup : list_at(result, "backups")) rows.push_back(row_of(backup));
    std::string out = head(result);
    if (!rows.empty()) {
        out += text_table({"CLUSTER", "BACKUP", "STATE", "STORED", "OF", "TOOK", "SPEED",
                           "VERIFIED", "LAST DRILL", "RETENTION"},
                          rows);
    }
    return out + lines_of(result, "problems", "problem: ") +
           lines_of(result, "warnings", "warning: ") + lines_of(result, "written", "written: ");
}

}  // namespace tsb

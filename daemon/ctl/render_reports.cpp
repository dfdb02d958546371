#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/render_parts.hpp"
#include "daemon/ctl/text_table.hpp"

namespace tsb {
namespace {

std::string version_or_dash(const std::string& version) {
    return version.empty() ? "-" : version;
}

std::string tablespace_text(const Json& tablespace) {
    return fmt::format("{} at {} ({})", count_at(tablespace, "oid"),
                       text_at(tablespace, "location"), size_at(tablespace, "size_bytes"));
}

std::string database_text(const Json& database) {
    if (const std::string problem = text_at(database, "problem"); !problem.empty()) {
        return text_at(database, "name") + ": could not be asked: " + problem;
    }
    std::string out =
        fmt::format("{} ({})", text_at(database, "name"), size_at(database, "size_bytes"));
    if (const std::string version = text_at(database, "timescaledb_version"); !version.empty()) {
        out +=
            fmt::format(", timescaledb {} ({})", version, text_at(database, "timescaledb_license"));
    }
    if (!database.contains("contents")) return out;
    const Json& contents = database["contents"];
    out += fmt::format(", {} tables", count_at(contents, "tables"));
    if (const std::uint64_t hypertables = count_at(contents, "hypertables"); hypertables > 0) {
        out += fmt::format(", {} hypertables with {} chunks", hypertables,
                           count_at(contents, "chunks"));
    }
    return out;
}

/// "good", "damaged: ...", with what else is known: that it is kept, what retention says.
std::string state_of(const Json& backup) {
    std::string out = text_at(backup, "state");
    if (const std::string problem = text_at(backup, "problem"); !problem.empty()) {
        out += ": " + problem;
    }
    const std::string label = text_at(backup, "label");
    const bool chosen = label != "tsbackup " + text_at(backup, "backup_id");  // not the default
    if (!label.empty() && chosen) out += ", label: " + label;
    if (backup.contains("kept")) {
        const std::string reason = text_at(backup, "kept");
        out += reason.empty() ? ", kept" : ", kept: " + reason;
    }
    if (backup.contains("drill")) out += ", drill " + drill_text(backup["drill"]);
    if (backup.contains("retention")) out += "; " + text_at(backup["retention"], "sentence");
    return out;
}

std::string seconds_text(std::uint64_t milliseconds) {
    return fmt::format("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100);
}

std::string repository_line(const Json& repository) {
    std::string out = fmt::format("repository {}: {} free", text_at(repository, "path"),
                                  size_at(repository, "free_bytes"));
    if (repository.contains("days_left")) {
        out +=
            fmt::format(", {} days left at the present growth", count_at(repository, "days_left"));
    }
    return out + "\n";
}

}  // namespace

std::string phase_text(const Json& job) {
    std::string out = text_at(job, "phase");
    if (!job.contains("percent")) return out;
    const std::chrono::seconds left(count_at(job, "eta_s"));
    return out + fmt::format(", {} %, {} left", count_at(job, "percent"), human_clock(left));
}

std::string render_status(const Json& result) {
    std::string out;
    const bool health_only = result.value("health_only", false);
    for (const Json& cluster : list_at(result, "clusters")) {
        if (health_only) break;
        const auto last = cluster.find("last_good");
        out += text_at(cluster, "cluster") + ": ";
        out += last == cluster.end()
                   ? std::string("no good backup")
                   : fmt::format("last good backup {} ({}), {} in all", age_at(*last, "age_s"),
                                 text_at(*last, "backup_id"), count_at(cluster, "good"));
        const std::string next = text_at(cluster, "next_run");
        out += next.empty() ? "\n" : ", next run " + next + "\n";
    }
    for (const Json& job : list_at(result, "jobs")) {
        if (health_only) break;
        out += fmt::format("{}: {} {} of {} ({})\n", text_at(job, "state"), text_at(job, "job"),
                           text_at(job, "kind"), text_at(job, "cluster"), phase_text(job));
    }
    if (!health_only) out += repository_line(result.at("repository"));
    for (const Json& warning : list_at(result, "warnings")) {
        out += "warning: " + printable(warning.get<std::string>()) + "\n";
    }
    for (const Json& problem : list_at(result, "problems")) {
        out += "problem: " + printable(problem.get<std::string>()) + "\n";
    }
    return out.empty() ? "healthy\n" : out;
}

std::string render_check(const Json& result) {
    std::string out;
    const Json& clusters = list_at(result, "clusters");
    for (const Json& cluster : clusters) {
        if (clusters.size() > 1) out += text_at(cluster, "cluster") + ":\n";
        for (const Json& line : list_at(cluster, "lines")) {
            const std::string detail = text_at(line, "detail");
            out += fmt::format("{}  {}{}{}\n", text_at(line, "result"), text_at(line, "what"),
                               detail.empty() ? "" : ": ", detail);
            const std::string hint = text_at(line, "hint");
            if (!hint.empty()) out += "      hint: " + hint + "\n";
        }
    }
    return out;
}

std::string render_list(const Json& result) {
    std::vector<TextRow> rows;
    for (const Json& backup : list_at(result, "backups")) {
        const std::string id = text_at(backup, "backup_id");
        const std::string cluster = text_at(backup, "cluster");
        if (text_at(backup, "state") == "broken") {
            rows.push_back({id, cluster, "-", "-", "-", "-", "-", "-", state_of(backup)});
            continue;
        }
        rows.push_back({id, cluster, age_at(backup, "age_s"), size_at(backup, "stored_bytes"),
                        size_at(backup, "cluster_bytes"), text_at(backup, "compression"),
                        short_version(text_at(backup, "server_version")),
                        version_or_dash(text_at(backup, "timescaledb_version")), state_of(backup)});
    }
    if (rows.empty()) return "no backups\n";
    return text_table({"BACKUP", "CLUSTER", "AGE", "STORED", "CLUSTER SIZE", "METHOD", "PG",
                       "TIMESCALEDB", "STATE"},
                      rows);
}

std::string render_schedule(const Json& result) {
    std::string out;
    for (const Json& cluster : list_at(result, "clusters")) {
        out += text_at(cluster, "cluster") + ":\n";
        const Json& entries = list_at(cluster, "entries");
        if (entries.empty()) out += "  no schedule\n";
        for (const Json& entry : entries) {
            out += fmt::format("  {} {} ({})\n", text_at(entry, "job"), text_at(entry, "when"),
                               text_at(entry, "timezone"));
            if (const std::string job = text_at(entry, "running"); !job.empty()) {
                out += "    running: " + job + "\n";
            }
            if (const std::uint64_t failures = count_at(entry, "failures"); failures > 0) {
                out += fmt::format("    attempts that failed: {}\n", failures);
            }
            for (const Json& run : list_at(entry, "runs")) {
                const std::string note = text_at(run, "note");
                out += fmt::format("    {}  {}{}\n", text_at(run, "local"), text_at(run, "due"),
                                   note.empty() ? "" : "  " + note);
            }
        }
        for (const Json& note : list_at(cluster, "notes")) {
            out += "  note: " + printable(note.get<std::string>()) + "\n";
        }
    }
    return out;
}

std::string render_prune(const Json& result) {
    std::string out;
    const bool dry_run = result.value("dry_run", false);
    for (const Json& backup : list_at(result, "backups")) {
        out += text_at(backup, "backup_id") + "  " + text_at(backup, "sentence") + "\n";
    }
    if (dry_run) return out + "nothing was removed (--dry-run)\n";
    const std::size_t removed = list_at(result, "removed").size();
    return out + fmt::format("removed {} backup{} of {}, {} freed\n", removed,
                             removed == 1 ? "" : "s", text_at(result, "cluster"),
                             size_at(result, "freed_bytes"));
}

std::string render_show(const Json& result) {
    const Json& backup = result.at("backup");
    std::vector<std::pair<std::string, std::string>> fields = {
        {"backup", text_at(backup, "backup_id")},
        {"cluster", text_at(backup, "cluster")},
        {"label", text_at(backup, "label")},
        {"job", text_at(backup, "job")},
        {"taken by", "tsbackup " + text_at(backup, "tsbackup_version")},
        {"format", text_at(backup, "format") + ", " + text_at(backup, "compression")},
        {"server", text_at(backup, "server_version") +
                       (backup.value("from_standby", false) ? " (standby)" : "")},
        {"system identifier", text_at(backup, "system_identifier")},
        {"started", text_at(backup, "started_at")},
        {"stopped", text_at(backup, "stopped_at")},
        {"duration",
         fmt::format("{} (checkpoint {}, copy {})", seconds_text(count_at(backup, "total_ms")),
                     seconds_text(count_at(backup, "checkpoint_ms")),
                     seconds_text(count_at(backup, "copy_ms")))},
        {"cluster size", fmt::format("{} in {} files", size_at(backup, "cluster_bytes"),
                                     count_at(backup, "member_count"))},
        {"stored size", size_at(backup, "stored_bytes")},
    };
    if (backup.contains("drill")) {
        const Json& drill = backup["drill"];
        fields.emplace_back("last drill", text_at(drill, "at") + ", " + drill_text(drill));
    }
    for (const Json& range : list_at(backup, "wal_ranges")) {
        fields.emplace_back("WAL", fmt::format("timeline {}, {} to {}", count_at(range, "timeline"),
                                               text_at(range, "start"), text_at(range, "end")));
    }
    for (const Json& tablespace : list_at(backup, "tablespaces")) {
        fields.emplace_back("tablespace", tablespace_text(tablespace));
    }
    for (const Json& database : list_at(backup, "databases")) {
        fields.emplace_back("database", database_text(database));
    }
    for (const Json& file : list_at(backup, "files")) {
        fields.emplace_back("file", fmt::format("{} {} sha256 {}", text_at(file, "name"),
                                                size_at(file, "size"), text_at(file, "sha256")));
    }
    return text_fields(fields);
}

}  // namespace tsb

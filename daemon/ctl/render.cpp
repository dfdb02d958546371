#include "daemon/ctl/render.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <sstream>

#include "daemon/ctl/render_parts.hpp"
#include "daemon/ctl/text_table.hpp"

namespace tsb {
namespace {

std::string render_backup(const Json& result) {
    const Json& backup = result.at("backup");
    const std::uint64_t milliseconds = count_at(backup, "total_ms");
    const std::uint64_t bytes = count_at(backup, "cluster_bytes");
    const std::chrono::seconds duration((milliseconds + 500) / 1000);
    const std::uint64_t rate = milliseconds == 0 ? 0 : bytes * 1000 / milliseconds / (1 << 20);
    return fmt::format("Backup {} of {}: {} stored as {} ({}) in {}, {} MB/s\n",
                       text_at(result, "backup_id"), text_at(result, "cluster"), human_size(bytes),
                       size_at(backup, "stored_bytes"), text_at(backup, "compression"),
                       human_clock(duration), rate);
}

std::string render_verify(const Json& result) {
    std::string out;
    for (const Json& backup : list_at(result, "backups")) {
        const Json& problems = list_at(backup, "problems");
        out += fmt::format("{} of {}: ", text_at(backup, "backup_id"), text_at(backup, "cluster"));
        if (problems.empty()) {
            out += fmt::format("good, {} read, {} files and {} WAL segments proven\n",
                               size_at(backup, "stored_bytes"), count_at(backup, "members"),
                               count_at(backup, "wal_segments"));
            continue;
        }
        out += "damaged\n";
        for (const Json& problem : problems) {
            out += "  " + printable(problem.get<std::string>()) + "\n";
        }
    }
    return out;
}

std::string render_jobs(const Json& result) {
    std::vector<TextRow> rows;
    for (const Json& job : list_at(result, "jobs")) {
        std::string detail = text_at(job, "backup_id");
        if (job.contains("error")) detail = text_at(job["error"], "message");
        if (text_at(job, "state") == "running") detail = phase_text(job);
        rows.push_back({text_at(job, "job"), text_at(job, "kind"), text_at(job, "cluster"),
                        text_at(job, "asked_by"), text_at(job, "state"), text_at(job, "started_at"),
                        text_at(job, "ended_at"), detail});
    }
    if (rows.empty()) return "no jobs\n";
    return text_table({"JOB", "KIND", "CLUSTER", "FOR", "STATE", "STARTED", "ENDED", "DETAIL"},
                      rows);
}

std::string render_cancel(const Json& result) {
    return "asked job " + text_at(result, "job") + " to stop\n";
}

std::string render_version(const Json& result) {
    return fmt::format("tsbackupd {} (libpq {})\n", text_at(result, "daemon"),
                       text_at(result, "libpq"));
}

std::string render_init(const Json& result) {
    return fmt::format("made repository {} ({})\n", text_at(result, "path"),
                       text_at(result, "uuid"));
}

std::string render_keep(const Json& result) {
    return fmt::format("backup {} of {} is kept until 'unkeep'\n", text_at(result, "backup_id"),
                       text_at(result, "cluster"));
}

std::string render_unkeep(const Json& result) {
    return fmt::format("backup {} of {} is left to retention\n", text_at(result, "backup_id"),
                       text_at(result, "cluster"));
}

std::string render_delete(const Json& result) {
    return fmt::format("deleted backup {} of {}, {} freed\n", text_at(result, "backup_id"),
                       text_at(result, "cluster"), size_at(result, "freed_bytes"));
}

std::string render_reload(const Json& result) {
    std::string out;
    for (const Json& change : list_at(result, "changes")) {
        out += printable(change.get<std::string>()) + "\n";
    }
    return out.empty() ? "the configuration is the same as before\n" : out;
}

std::string render_detached(const Json& result) {
    return fmt::format("started job {0}\nfollow it with: tsbackupctl watch {0}\n",
                       text_at(result, "job"));
}

struct Renderer {
    std::string_view what;
    std::string (*render)(const Json&);
};

constexpr std::array renderers = {
    Renderer{"status", render_status},     Renderer{"check", render_check},
    Renderer{"backup", render_backup},     Renderer{"list", render_list},
    Renderer{"show", render_show},         Renderer{"verify", render_verify},
    Renderer{"restore", render_restore},   Renderer{"jobs", render_jobs},
    Renderer{"watch", render_jobs},        Renderer{"cancel", render_cancel},
    Renderer{"version", render_version},   Renderer{"init", render_init},
    Renderer{"schedule", render_schedule}, Renderer{"prune", render_prune},
    Renderer{"keep", render_keep},         Renderer{"unkeep", render_unkeep},
    Renderer{"drill", render_drill},       Renderer{"dump", render_dump},
    Renderer{"delete", render_delete},     Renderer{"reload", render_reload},
    Renderer{"explore", render_explore},   Renderer{"report", render_repository},
};

/// A line feed has a meaning in our own findings only; elsewhere it may be a stranger's.
std::vector<std::string> failure_lines(const Error& error) {
    const std::string text = error.what();
    if (error.code() != ErrorCode::config) return {text};
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

std::string render_result(const std::string& what, const Json& result) {
    if (result.empty()) return {};
    try {
        if (result.value("detached", false)) return render_detached(result);
        for (const Renderer& row : renderers) {
            if (row.what == what) return row.render(result);
        }
        return {};
    } catch (const Json::exception&) {
        throw Error(ErrorCode::protocol, "cannot read the daemon's answer: unexpected shape",
                    "client and daemon must be of the same release");
    }
}

std::string render_error(const std::string& program, const Error& error) {
    std::string out;
    for (const std::string& line : failure_lines(error)) {
        out += fmt::format("{}: {} [{}]\n", program, printable(line), kind_of(error.code()).name);
    }
    if (!error.hint().empty()) out += "hint: " + printable(error.hint()) + "\n";
    return out;
}

}  // namespace tsb

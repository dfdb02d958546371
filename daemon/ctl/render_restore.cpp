// What a restore did, into a new directory or in place.
#include <spdlog/fmt/fmt.h>

#include "daemon/ctl/render_parts.hpp"

namespace tsb {
namespace {

std::string render_removed(const Json& result) {
    std::string out;
    for (const Json& each : list_at(result, "removed")) {
        out += fmt::format("removed {} ({})\n", text_at(each, "path"), size_at(each, "bytes"));
    }
    return out.empty() ? "nothing was kept\n" : out;
}

std::string server_line(const Json& result) {
    if (!result.value("started", false)) return "The server was not started.\n";
    return fmt::format("The server runs and accepts writes again, {:.1f} s after it was stopped\n",
                       static_cast<double>(count_at(result, "down_ms")) / 1000);
}

std::string kept_line(const Json& result, bool undone) {
    if (!result.contains("kept_at")) return {};
    const std::string cluster = text_at(result, "cluster");
    std::string out =
        fmt::format("{} is kept at {} ({})\n", undone ? "What had been restored" : "The old data",
                    text_at(result, "kept_at"), size_at(result, "kept_bytes"));
    if (!undone) {
        out += fmt::format("put it back: tsbackupctl restore --undo --cluster {}\n", cluster);
    }
    return out + fmt::format("remove it: tsbackupctl restore --cleanup --cluster {}\n", cluster);
}

std::string render_in_place(const Json& result) {
    const bool undone = result.value("undone", false);
    std::string out;
    if (undone) {
        out = fmt::format("The old data of {} is back in {}\n", text_at(result, "cluster"),
                          text_at(result, "target"));
    } else if (count_at(result, "restored_files") > 0) {
        out = fmt::format("Backup {} of {} restored in {}: {} files, {}\n",
                          text_at(result, "backup_id"), text_at(result, "cluster"),
                          text_at(result, "target"), count_at(result, "restored_files"),
                          size_at(result, "restored_bytes"));
    } else {
        return {};  // it failed before anything was done
    }
    out += server_line(result);
    out += lines_of(result, "notes", "note: ");
    out += lines_of(result, "server_log", "server log: ");
    return out + kept_line(result, undone);
}

}  // namespace

std::string render_restore(const Json& result) {
    if (result.value("plan", false)) return render_plan(result);
    if (result.contains("removed")) return render_removed(result);
    if (result.value("in_place", false)) return render_in_place(result);
    std::string out = fmt::format("Backup {} of {} restored into {}: {} files\n",
                                  text_at(result, "backup_id"), text_at(result, "cluster"),
                                  text_at(result, "target"), count_at(result, "restored_files"));
    return out + lines_of(result, "notes", "note: ") +
           "Restored size: " + size_at(result, "restored_bytes") + "\n";
}

std::string render_dump(const Json& result) {
    std::string out =
        fmt::format("Database {} of backup {} of {} is in {} ({})\n", text_at(result, "database"),
                    text_at(result, "backup_id"), text_at(result, "cluster"),
                    text_at(result, "file"), size_at(result, "bytes"));
    out += lines_of(result, "notes", "note: ");
    return out + "bring it back with:\n" + lines_of(result, "commands", "  ");
}

}  // namespace tsb

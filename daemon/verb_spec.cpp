#include "daemon/verb_spec.hpp"

#include <algorithm>
#include <array>

#include "core/base/spelling.hpp"
#include "core/base/utf8.hpp"

namespace tsb {
namespace {

constexpr std::size_t longest_text = 4096;
constexpr std::size_t longest_list = 256;

constexpr ArgSpec cluster_arg = {"cluster", ArgKind::text, "CLUSTER", "the cluster it belongs to"};
constexpr ArgSpec no_progress_arg = {"no-progress", ArgKind::local, "", "show no progress"};
constexpr ArgSpec cancel_on_exit_arg = {"cancel-on-exit", ArgKind::local, "",
                                        "Ctrl-C cancels the job instead of leaving it running"};
constexpr ArgSpec detach_arg = {"detach", ArgKind::flag, "",
                                "print the job's id and do not wait for its end"};

constexpr std::array backup_args = {
    ArgSpec{"compress", ArgKind::text, "N|METHOD[:LEVEL]",
            "gzip level 0-9, or gzip, zstd, lz4, none with a level", "gzip zstd lz4 none"},
    ArgSpec{"format", ArgKind::text, "tar|plain", "archives, or the tree as it is"},
    ArgSpec{"checkpoint", ArgKind::text, "fast|spread", "how the server begins the backup"},
    ArgSpec{"label", ArgKind::text, "TEXT", "text kept with the backup"},
    ArgSpec{"max-rate", ArgKind::text, "R", "bytes a second at most, such as 64MB; unlimited",
            "unlimited"},
    detach_arg,
    no_progress_arg,
    cancel_on_exit_arg,
};
constexpr std::array status_args = {
    ArgSpec{"health", ArgKind::flag, "", "only what is wrong"},
};
constexpr std::array list_args = {
    ArgSpec{"why", ArgKind::flag, "", "for each backup whether retention keeps it, and why"},
};
constexpr std::array show_args = {cluster_arg};
constexpr std::array prune_args = {
    ArgSpec{"dry-run", ArgKind::flag, "", "only tell what would go and what would stay, and why"},
    ArgSpec{"force", ArgKind::flag, "", "although the last backup failed"},
    detach_arg,
    no_progress_arg,
    cancel_on_exit_arg,
};
constexpr std::array keep_args = {
    cluster_arg,
    ArgSpec{"reason", ArgKind::text, "TEXT", "why; shown wherever the backup is"},
};
constexpr std::array delete_args = {
    cluster_arg,
    ArgSpec{"force", ArgKind::flag, "", "although it is the newest good one of its cluster"},
    ArgSpec{"yes", ArgKind::local, "", "do not ask"},
};
constexpr std::array schedule_args = {
    ArgSpec{"next", ArgKind::text, "N", "that many runs of each entry; default 3"},
};
constexpr std::array verify_args = {
    cluster_arg,
    ArgSpec{"all", ArgKind::flag, "", "verify every backup (of the cluster, when one is named)"},
    detach_arg,
    no_progress_arg,
    cancel_on_exit_arg,
};
constexpr std::array restore_args = {
    ArgSpec{"plan", ArgKind::flag, "", "only say what would be done, and what stands against it"},
    ArgSpec{
        "target", ArgKind::path, "DIR",
        "new or empty directory to restore into; default: in place, see restore.data_directory"},
    cluster_arg,
    ArgSpec{"undo", ArgKind::flag, "", "put back what the last restore in place kept aside"},
    ArgSpec{"cleanup", ArgKind::flag, "", "remove what restores in place kept aside"},
    ArgSpec{"no-start", ArgKind::flag, "", "in place: do not start the server afterwards"},
    ArgSpec{"force-foreign", ArgKind::flag, "", "in place: also over the data of another cluster"},
    ArgSpec{"database", ArgKind::text, "NAME",
            "only this database, as a file for pg_restore; needs --to"},
    ArgSpec{"to", ArgKind::path, "FILE", "new file that --database is written to"},
    ArgSpec{"tablespace-map", ArgKind::list, "OLD=NEW", "where a tablespace goes; repeatable"},
    ArgSpec{"owner", ArgKind::text, "USER[:GROUP]", "owner of the files; default: of DIR's parent"},
    ArgSpec{"any-version", ArgKind::flag, "",
            "restore although that major version of PostgreSQL is not installed here"},
    ArgSpec{"yes", ArgKind::local, "", "do not show the plan and ask"},
    detach_arg,
    no_progress_arg,
    cancel_on_exit_arg,
};
constexpr std::array drill_args = {
    cluster_arg,
    ArgSpec{"exact", ArgKind::flag, "", "count the rows of every table, which reads all of them"},
    detach_arg,
    no_progress_arg,
    cancel_on_exit_arg,
};
constexpr std::array explore_args = {
    cluster_arg,
    ArgSpec{"live", ArgKind::text, "CLUSTER", "the running server of that cluster, not a backup"},
    ArgSpec{"rows", ArgKind::text, "N", "the first N rows of each table too; at most 50"},
    ArgSpec{"out", ArgKind::local_path, "DIR", "write report.json and report.html there"},
    ArgSpec{"diff", ArgKind::local_path, "OLD NEW",
            "what has changed between two reports of --out; asks no server"},
    no_progress_arg,
    cancel_on_exit_arg,
};
constexpr std::array report_args = {
    cluster_arg,
    ArgSpec{"out", ArgKind::local_path, "DIR", "write report.json and report.html there"},
};
constexpr std::array watch_args = {no_progress_arg, cancel_on_exit_arg};

constexpr std::array verbs = {
    VerbSpec{"init", Right::none, true, "", false, "make the repository", {}},
    VerbSpec{"status", Right::read, false, "", false,
             "age of each cluster's last good backup, next run, running jobs, problems",
             status_args},
    VerbSpec{"check",
             Right::read,
             false,
             "cluster",
             false,
             "look whether a backup would work, without taking one",
             {}},
    VerbSpec{"backup", Right::operate, true, "cluster", false, "take a base backup", backup_args},
    VerbSpec{"list", Right::read, true, "cluster", false, "list the backups", list_args},
    VerbSpec{"show", Right::read, true, "backup", true, "all that is known of a backup", show_args},
    VerbSpec{"verify", Right::operate, true, "backup", false,
             "prove a backup (default: latest) from its stored bytes", verify_args},
    VerbSpec{"restore", Right::restore, true, "backup", false,
             "restore a backup in place, or into a new or empty directory", restore_args,
             "Restore backup {} now?"},
    VerbSpec{"drill", Right::restore, true, "backup", false,
             "restore a backup (default: latest) for a trial, start it and look at it", drill_args},
    VerbSpec{"explore", Right::restore, true, "backup", false,
             "show what is in a backup (default: latest) or a running server", explore_args},
    VerbSpec{"report", Right::read, true, "", false,
             "all backups with what became of them, growth and health; as a page with --out",
             report_args},
    VerbSpec{"schedule", Right::read, false, "cluster", false,
             "what runs next, when, and what did not run", schedule_args},
    VerbSpec{"prune", Right::operate, true, "cluster", false,
             "remove the backups that retention does not keep", prune_args},
    VerbSpec{"keep", Right::operate, true, "backup", true, "never remove a backup by itself",
             keep_args},
    VerbSpec{"unkeep", Right::operate, true, "backup", true, "leave a backup to retention again",
             show_args},
    VerbSpec{"delete", Right::operate, true, "backup", true, "remove one backup", delete_args,
             "Delete backup {} for good?"},
    VerbSpec{"jobs", Right::read, false, "job", false, "running and recent jobs", {}},
    VerbSpec{"cancel", Right::operate, false, "job", true, "stop a running job", {}},
    VerbSpec{"watch", Right::read, false, "job", false, "follow running jobs until they end",
             watch_args},
    VerbSpec{"reload", Right::operate, false, "", false, "read the configuration file again", {}},
    VerbSpec{"version", Right::read, false, "", false, "versions of client, daemon and libpq", {}},
};

Error bad_argument(const VerbSpec& verb, const std::string& name, const std::string& cause) {
    return {ErrorCode::usage,
            "cannot " + words_for(verb) + ": argument '" + printable(name) + "' " + cause};
}

std::string problem_with_text(const Json& value) {
    if (!value.is_string()) return "expects a text";
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return "is empty";
    if (text.size() > longest_text) return "is longer than 4096 bytes";
    if (text.find('\0') != std::string::npos) return "holds a zero byte";
    // JSON can carry nothing else; replaced bytes would name another file.
    return valid_utf8(text) ? "" : "is not UTF-8";
}

std::string problem_with_path(const Json& value) {
    std::string problem = problem_with_text(value);
    if (!problem.empty()) return problem;
    return value.get_ref<const std::string&>().starts_with('/') ? "" : "expects an absolute path";
}

std::string problem_with_list(const Json& value) {
    if (!value.is_array() || value.size() > longest_list) {
        return "expects a list of at most 256 texts";
    }
    for (const Json& item : value) {
        const std::string problem = problem_with_text(item);
        if (!problem.empty()) return "has an item that " + problem;
    }
    return "";
}

/// What is wrong with `value` as an argument of `kind`; empty when nothing is.
std::string problem_with(ArgKind kind, const Json& value) {
    switch (kind) {
        case ArgKind::text:
            return problem_with_text(value);
        case ArgKind::path:
            return problem_with_path(value);
        case ArgKind::list:
            return problem_with_list(value);
        case ArgKind::flag:
            return value.is_boolean() ? "" : "expects true or false";
        case ArgKind::local:
        case ArgKind::local_path:
            break;
    }
    return "is unknown";
}

ArgKind kind_of_arg(const VerbSpec& verb, std::string_view name) {
    if (!verb.positional.empty() && name == verb.positional) return ArgKind::text;
    const auto row = std::find_if(verb.args.begin(), verb.args.end(),
                                  [&](const ArgSpec& arg) { return arg.name == name; });
    return row == verb.args.end() ? ArgKind::local : row->kind;
}

}  // namespace

std::string_view to_string(Right right) {
    constexpr std::array names = {"none", "read", "operate", "restore"};
    return names.at(static_cast<std::size_t>(right));
}

std::span<const VerbSpec> verb_specs() {
    return verbs;
}

bool VerbSpec::has_plan() const {
    return std::any_of(args.begin(), args.end(),
                       [](const ArgSpec& arg) { return arg.name == "plan"; });
}

const VerbSpec* find_verb(std::string_view name) {
    const auto* row = std::find_if(verbs.begin(), verbs.end(),
                                   [&](const VerbSpec& verb) { return verb.name == name; });
    return row == verbs.end() ? nullptr : row;
}

Error unknown_verb(std::string_view name, const std::vector<std::string>& known) {
    const std::string meant = nearest(name, known);
    return {ErrorCode::usage, "unknown command '" + printable(name) + "'",
            meant.empty() ? "--help lists the commands" : "did you mean '" + meant + "'?"};
}

std::string words_for(const VerbSpec& verb) {
    struct Row {
        std::string_view verb;
        std::string_view words;
    };
    constexpr std::array rows = {
        Row{"init", "make the repository"},
        Row{"status", "tell the status"},
        Row{"backup", "back up"},
        Row{"list", "list backups"},
        Row{"jobs", "list jobs"},
        Row{"version", "tell the versions"},
        Row{"schedule", "tell the schedule"},
    };
    const auto* row = std::find_if(rows.begin(), rows.end(),
                                   [&](const Row& each) { return each.verb == verb.name; });
    return std::string(row == rows.end() ? verb.name : row->words);
}

void check_args(const VerbSpec& verb, const Json& args) {
    for (const auto& [name, value] : args.items()) {
        const std::string problem = problem_with(kind_of_arg(verb, name), value);
        if (!problem.empty()) throw bad_argument(verb, name, problem);
    }
    if (verb.positional_required && !args.contains(verb.positional)) {
        throw bad_argument(verb, std::string(verb.positional), "is missing");
    }
}

std::string text_arg(const Json& args, const char* name) {
    return args.value(name, std::string());
}

std::vector<std::string> list_arg(const Json& args, const char* name) {
    return args.value(name, std::vector<std::string>());
}

bool flag_arg(const Json& args, const char* name) {
    return args.value(name, false);
}

}  // namespace tsb

#include "daemon/polkit_rule.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/error.hpp"
#include "daemon/wire.hpp"

namespace tsb {
namespace {

constexpr std::array<std::string_view, 4> unit_suffixes = {".service", ".target", ".socket",
                                                           ".slice"};

bool is_account_name(const std::string& name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.' || c == '$';
    };
    return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), fits);
}

std::string with_suffix(const std::string& unit) {
    const bool has_one =
        std::any_of(unit_suffixes.begin(), unit_suffixes.end(),
                    [&](std::string_view suffix) { return unit.ends_with(suffix); });
    return has_one ? unit : unit + ".service";
}

void add_command(const std::vector<std::string>& command,
                 std::map<std::string, std::set<std::string>>& into) {
    if (command.empty() || std::filesystem::path(command.front()).filename() != "systemctl") return;
    std::vector<std::string> words;
    std::copy_if(command.begin() + 1, command.end(), std::back_inserter(words),
                 [](const std::string& word) { return !word.starts_with('-'); });
    for (std::size_t i = 1; i < words.size(); ++i) into[with_suffix(words[i])].insert(words[0]);
}

/// As a JavaScript string: JSON's, in ASCII.
std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', true);
}

}  // namespace

std::map<std::string, std::set<std::string>> unit_verbs(const Config& config) {
    std::map<std::string, std::set<std::string>> verbs;
    for (const ClusterConfig& cluster : config.clusters) {
        add_command(cluster.stop_command, verbs);
        add_command(cluster.start_command, verbs);
    }
    return verbs;
}

std::string polkit_rule(const Config& config, const std::string& user) {
    if (!is_account_name(user)) {
        throw Error(ErrorCode::usage,
                    "cannot make a rule for '" + printable(user) + "': it is no user's name");
    }
    const auto units = unit_verbs(config);
    if (units.empty()) {
        throw Error(ErrorCode::config,
                    "cannot make a polkit rule: no stop_command or start_command runs systemctl",
                    "without such a command none is needed");
    }
    std::string table;
    for (const auto& [unit, verbs] : units) {
        std::string list;
        for (const std::string& verb : verbs) list += (list.empty() ? "" : ", ") + quoted(verb);
        table += fmt::format("{}        {}: [{}]", table.empty() ? "" : ",\n", quoted(unit), list);
    }
    return fmt::format(
        R"(// Made by "tsbackupd --polkit-rule {0}": what the stop_command and start_command of
// tsbackup's configuration do, so that a restore in place can stop and start PostgreSQL.
// Make it again when these commands change.
polkit.addRule(function (action, subject) {{
    var allowed = {{
{1}
    }};
    if (action.id !== "org.freedesktop.systemd1.manage-units" || subject.user !== "{0}") {{
        return polkit.Result.NOT_HANDLED;
    }}
    var unit = action.lookup("unit");
    if (Object.prototype.hasOwnProperty.call(allowed, unit) &&
        allowed[unit].indexOf(action.lookup("verb")) >= 0) {{
        return polkit.Result.YES;
    }}
    return polkit.Result.NOT_HANDLED;
}});
)",
        user, table);
}

}  // namespace tsb

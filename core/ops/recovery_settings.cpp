#include "core/ops/recovery_settings.hpp"

#include <algorithm>

namespace tsb {

namespace {

bool is_recovery_setting(std::string_view line) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) {
        return false;
    }
    line.remove_prefix(start);
    return line.starts_with("recovery_target") || line.starts_with("restore_command");
}

}  // namespace

std::string with_recovery_settings(std::string_view auto_conf, std::string_view backup_id) {
    std::string text;
    while (!auto_conf.empty()) {
        const std::size_t end = std::min(auto_conf.find('\n'), auto_conf.size() - 1) + 1;
        const std::string_view line = auto_conf.substr(0, end);
        if (!is_recovery_setting(line)) {
            text += line;
        }
        auto_conf.remove_prefix(end);
    }
    if (!text.empty() && text.back() != '\n') {
        text += '\n';
    }
    // All WAL is in pg_wal already, so nothing is ever fetched; recovery ends, and the server
    // promotes itself, where that WAL ends. recovery_target = 'immediate' would say the same in
    // most cases, but a server looks at it only before a further record: of an idle standby's
    // backup, which ends with the last record there is, it never starts ("recovery ended before
    // configured recovery target was reached"). That the backup's end is reached is demanded by
    // backup_label.
    text += "# tsbackup: recovery to the end of " + std::string(backup_id) + "\n";
    text += "restore_command = 'false'\n";
    return text;
}

}  // namespace tsb

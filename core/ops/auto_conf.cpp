#include "core/ops/auto_conf.hpp"

#include <algorithm>

#include "core/repo/recovery_settings.hpp"

namespace tsb {

namespace {

constexpr std::string_view our_comment = "# tsbackup: recovery to the end of ";

// The name at the front of "name = value" or "name=value".
std::string_view name_of(std::string_view setting) {
    return setting.substr(0, setting.find_first_of(" \t="));
}

// Other settings may begin alike: recovery_prefetch is none of these.
bool is_recovery_setting(std::string_view line) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) {
        return false;
    }
    line.remove_prefix(start);
    return line.starts_with(our_comment) || line.starts_with("recovery_target") ||
           std::ranges::find(recovery_settings, name_of(line), name_of) != recovery_settings.end();
}

/// The lines of `text` for which `drop` is false.
template <class Drop>
std::string lines_without(std::string_view text, Drop drop) {
    std::string kept;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, end);
        if (!drop(line)) kept += line;
        text.remove_prefix(end);
    }
    return kept;
}

// A server that rewrites the file keeps the settings and drops the comment.
bool is_our_setting(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    return line.starts_with(our_comment) ||
           std::ranges::find(recovery_settings, line) != recovery_settings.end();
}

}  // namespace

std::string with_recovery_settings(std::string_view auto_conf, std::string_view backup_id) {
    std::string text = lines_without(auto_conf, is_recovery_setting);
    if (!text.empty() && text.back() != '\n') {
        text += '\n';
    }
    text += our_comment;
    text += backup_id;
    text += '\n';
    for (const std::string_view setting : recovery_settings) {
        text += setting;
        text += '\n';
    }
    return text;
}

std::string without_our_recovery_settings(std::string_view auto_conf) {
    return lines_without(auto_conf, is_our_setting);
}

}  // namespace tsb

#include <map>

#include "core/ops/explore.hpp"

namespace tsb {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view without_leading_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

/// What stands between quotes; two of them, or one behind a backslash, mean one.
std::string quoted_value(std::string_view text) {
    std::string value;
    for (std::size_t at = 1; at < text.size(); ++at) {
        const bool doubled = text[at] == '\'' && at + 1 < text.size() && text[at + 1] == '\'';
        if (text[at] == '\'' && !doubled) break;
        if ((text[at] == '\\' || doubled) && at + 1 < text.size()) ++at;
        value += text[at];
    }
    return value;
}

std::string value_of(std::string_view text) {
    if (text.starts_with('\'')) return quoted_value(text);
    text = text.substr(0, text.find('#'));
    text = text.substr(0, text.find_last_not_of(blanks) + 1);
    return std::string(text);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> settings_in(std::string_view configuration) {
    std::map<std::string, std::string> settings;
    while (!configuration.empty()) {
        const std::size_t end = std::min(configuration.find('\n'), configuration.size());
        std::string_view line = without_leading_blanks(configuration.substr(0, end));
        configuration.remove_prefix(std::min(end + 1, configuration.size()));
        const std::size_t name_end = std::min(line.find_first_of(" \t=#\r'"), line.size());
        const std::string name(line.substr(0, name_end));
        line = without_leading_blanks(line.substr(name_end));
        if (line.starts_with('=')) line = without_leading_blanks(line.substr(1));
        if (!name.empty() && !line.empty() && line.front() != '#') settings[name] = value_of(line);
    }
    return {settings.begin(), settings.end()};
}

}  // namespace tsb

#include "core/repo/names.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace tsb::names {
namespace {

constexpr std::string_view id_prefix = "cluster_backup_";
constexpr std::size_t longest_state_name = 63;
constexpr std::string_view json_ending = ".json";
constexpr std::string_view unfinished_ending = ".new";
constexpr std::string_view id_shape = "YYYYMMDD_HHMMSS";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::optional<std::string> without_ending(std::string_view name, std::string_view ending) {
    if (!name.ends_with(ending)) return std::nullopt;
    name.remove_suffix(ending.size());
    return std::string(name);
}

bool is_state_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_state_name &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string backup_id(SystemTime time) {
    std::string digits = to_iso8601(time);  // 2026-11-23T01:42:24Z
    std::erase_if(digits, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
    std::replace(digits.begin(), digits.end(), 'T', '_');
    return std::string(id_prefix) + digits;
}

std::optional<SystemTime> parse_backup_id(std::string_view id) {
    if (!id.starts_with(id_prefix)) return std::nullopt;
    const std::string text(id.substr(id_prefix.size()));
    if (text.size() != id_shape.size() || text[8] != '_') return std::nullopt;
    const std::string iso = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) +
                            "T" + text.substr(9, 2) + ":" + text.substr(11, 2) + ":" +
                            text.substr(13, 2) + "Z";
    try {
        return from_iso8601(iso);
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::string next_backup_id(SystemTime now, std::string_view greatest) {
    std::string id = backup_id(now);
    if (greatest.empty() || id > greatest) return id;
    const auto last = parse_backup_id(greatest);
    if (!last) throw Error(ErrorCode::internal, "cannot follow a malformed backup id");
    return backup_id(*last + std::chrono::seconds(1));
}

std::string notes_file(std::string_view id) {
    return std::string(id) + std::string(json_ending);
}

std::optional<std::string> parse_notes_file(std::string_view name) {
    auto id = without_ending(name, json_ending);
    if (!id || !parse_backup_id(*id)) return std::nullopt;
    return id;
}

std::string state_file(std::string_view state) {
    if (!is_state_name(state)) {
        throw Error(ErrorCode::internal,
                    "cannot name a state document '" + printable(state) + "': not a word");
    }
    return std::string(state) + std::string(json_ending);
}

std::optional<std::string> parse_state_file(std::string_view name) {
    auto state = without_ending(name, json_ending);
    if (!state || !is_state_name(*state)) return std::nullopt;
    return state;
}

std::string unfinished_file(std::string_view name) {
    return std::string(name) + std::string(unfinished_ending);
}

std::optional<std::string> parse_unfinished_file(std::string_view name) {
    return without_ending(name, unfinished_ending);
}

bool valid_cluster_name(std::string_view name) {
    constexpr std::size_t longest = 63;
    if (name.empty() || name.size() > longest || !is_alphanumeric(name.front())) return false;
    if (name == marker_file || name == new_marker_file || name == lock_file) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
    });
}

std::string archive_file(std::string_view archive, CompressionMethod method) {
    return std::string(archive) + ".tar" + std::string(file_extension(method));
}

bool safe_file_name(std::string_view name) {
    return safe_relative_path(name) && name.front() != '.' && name.find('/') == name.npos;
}

bool safe_relative_path(std::string_view path) {
    if (path.find('\0') != path.npos) return false;
    for (std::size_t begin = 0;;) {
        const std::size_t slash = path.find('/', begin);
        const std::string_view part = path.substr(begin, slash - begin);
        if (part.empty() || part == "." || part == "..") return false;
        if (slash == path.npos) return true;
        begin = slash + 1;
    }
}

std::string join(std::string_view first, std::string_view second) {
    return std::string(first) + "/" + std::string(second);
}

}  // namespace tsb::names

#include "core/repo/names.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace tsb::names {
namespace {

constexpr std::string_view id_prefix = "cluster_backup_";
constexpr std::string_view id_shape = "YYYYMMDD_HHMMSS";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
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

#include "core/ops/tablespace_map.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"

namespace tsb {

namespace {

// A backslash quotes the byte after it; newline, carriage return and backslash are quoted.
std::string escaped_location(const std::string& location) {
    std::string text;
    for (const char byte : location) {
        if (byte == '\n' || byte == '\r' || byte == '\\') {
            text += '\\';
        }
        text += byte;
    }
    return text;
}

// Length of the first line without its newline; quoted newlines do not end it.
std::size_t line_length(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && text[at] != '\n') {
        at += text[at] == '\\' ? 2 : 1;
    }
    return std::min(at, text.size());
}

std::uint32_t oid_of_line(std::string_view line) {
    std::uint32_t oid = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), oid);
    if (error != std::errc() || end == line.data() + line.size() || *end != ' ') {
        throw Error(ErrorCode::damaged, "cannot read 'tablespace_map': malformed line");
    }
    return oid;
}

}  // namespace

std::string relocated_tablespace_map(std::string_view map_file,
                                     const std::map<std::uint32_t, std::string>& locations) {
    std::string text;
    while (!map_file.empty()) {
        const std::size_t length = line_length(map_file);
        const std::string_view line = map_file.substr(0, length);
        const std::uint32_t oid = oid_of_line(line);
        const auto found = locations.find(oid);
        if (found == locations.end()) {
            text += line;
        } else {
            text += std::to_string(oid) + " " + escaped_location(found->second);
        }
        text += '\n';
        map_file.remove_prefix(std::min(length + 1, map_file.size()));
    }
    return text;
}

}  // namespace tsb

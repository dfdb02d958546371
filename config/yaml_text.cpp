#include "config/yaml_text.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/utf8.hpp"

namespace tsb {
namespace {

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

std::string refusal(std::string_view rest) {
    const char c = rest.front();
    if (c == '\n' || rest.substr(0, 2) == "\r\n") return {};
    if (c == '\t') return "tabs are not allowed, use spaces";
    if (c == '\0') return "NUL bytes are not allowed";
    if (is_control(c)) {
        return fmt::format("control byte 0x{:02x} is not allowed", static_cast<unsigned char>(c));
    }
    return utf8_front(rest) == 0 ? "not UTF-8 text" : "";
}

}  // namespace

bool has_control_byte(std::string_view text) {
    return std::any_of(text.begin(), text.end(), is_control);
}

void check_yaml_text(std::string_view text, const std::string& file) {
    if (text.size() > config_size_limit) {
        throw Error(ErrorCode::config,
                    fmt::format("cannot read '{}': more than {} bytes", file, config_size_limit));
    }
    Findings findings;
    Position position;
    for (std::size_t at = 0; at < text.size();) {
        const std::string cause = refusal(text.substr(at));
        if (!cause.empty()) {
            findings.add(position, cause);
            break;
        }
        if (text[at] == '\n') {
            position = {position.line + 1, 1};
            ++at;
            continue;
        }
        const std::size_t length = utf8_front(text.substr(at));
        at += length;
        position.column += static_cast<int>(length);
    }
    findings.throw_if_any(file);
}

}  // namespace tsb

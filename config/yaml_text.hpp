// The rules that hold for the bytes of a configuration file before any YAML is looked at: its
// size, and only bytes that mean the same to an editor, to yaml-cpp and to PostgreSQL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/findings.hpp"

namespace tsb {

inline constexpr std::size_t config_size_limit = 256 * 1024;

/// Error{config} naming the first of: more than config_size_limit bytes, a tab, NUL or other
/// control byte, a carriage return without line feed, text that is not UTF-8. Thread: any.
void check_yaml_text(std::string_view text, const std::string& file);

/// True when `text` has a byte below 0x20 or 0x7f. Thread: any.
bool has_control_byte(std::string_view text);

}  // namespace tsb

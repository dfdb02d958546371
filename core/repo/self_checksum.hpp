// The last line of our JSON documents: a member whose value is the SHA-256 of every byte before
// that line, so that a flipped bit is found like any other damage. It finds accidents; who can
// write the file can write the checksum.
#pragma once

#include <string>
#include <string_view>

#include "core/repo/json_fields.hpp"

namespace tsb {

/// `root`, an object with members, as indented text that ends with its checksum under `key`.
/// Thread: any.
std::string text_with_checksum(const json::Value& root, std::string_view key);
/// The line that belongs behind `covered`, and the end of the object. Thread: any.
std::string checksum_line(std::string_view covered, std::string_view key);
/// Error{damaged} naming `what` unless `text` ends with the checksum line that fits the rest of it.
/// Thread: any.
void require_checksum(std::string_view text, std::string_view key, const std::string& what);

}  // namespace tsb

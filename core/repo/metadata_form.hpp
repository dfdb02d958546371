// What the writer and the reader of metadata.json must agree on.
#pragma once

#include <string_view>

namespace tsb::metadata_form {

inline constexpr std::string_view format = "tsbackup-backup";
inline constexpr unsigned version = 1;

// The file ends with one more line, whose digest covers every byte before that line.
inline constexpr std::string_view checksum_begin = "  \"metadata_sha256\": \"";
inline constexpr std::string_view checksum_end = "\"\n}\n";
inline constexpr std::size_t checksum_digits = 64;

}  // namespace tsb::metadata_form

// What the writer and the reader of metadata.json must agree on.
#pragma once

#include <string_view>

namespace tsb::metadata_form {

inline constexpr std::string_view format = "tsbackup-backup";
inline constexpr unsigned version = 1;
inline constexpr std::string_view checksum_key = "metadata_sha256";

}  // namespace tsb::metadata_form

// repo.json: the marker that says which repository a directory is.
#pragma once

#include <string>

#include "core/base/fs.hpp"

namespace tsb {

/// A random UUID (version 4).
std::string new_uuid();
/// Writes repo.json so that it is there whole or not at all, and synced.
void write_marker(Fs& fs, int root, const std::string& uuid);
/// The uuid in repo.json; Error{repository_missing} without the file, Error{refused} for a version
/// that is not ours, Error{damaged} for anything else.
std::string read_marker(Fs& fs, int root, const std::string& repository);

}  // namespace tsb

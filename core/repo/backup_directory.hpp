// Finding the directory of one committed backup, for those who read or remove it.
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/base/fs.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

bool is_directory(Fs& fs, int parent, const std::string& path);
/// Whether an open cluster directory has a backup `id`, whatever is in it; false for what is no id.
bool has_backup(Fs& fs, int cluster_directory, const std::string& id);
/// Error{not_found}: "cannot `verb` backup `id` of cluster `cluster`: there is no such backup".
Error no_backup(const std::string& verb, const std::string& cluster, const std::string& id);
/// Also refuses metadata that belongs to another backup: two directories may have been swapped.
/// Error{damaged|io}.
Metadata read_metadata(Fs& fs, int backup, const std::string& cluster, const std::string& id);

}  // namespace tsb

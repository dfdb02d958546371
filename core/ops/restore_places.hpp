// Where a restore must not write, whoever asks for it, root included.
#pragma once

#include <filesystem>
#include <vector>

#include "core/ops/restore_preflight.hpp"

namespace tsb {

/// Looks at the target and at the place of every tablespace. Error{refused} for one that is or lies
/// beneath the repository at `repository` (or any directory that holds a repository's marker), for
/// one that lies beneath a data directory (a directory that holds PG_VERSION), and for two of which
/// one is or lies beneath the other. Error{usage} for a path with "..", Error{io} when a place
/// cannot be looked at. Links are resolved first; nothing is written. Thread: worker (blocks).
void require_safe_places(const std::filesystem::path& repository,
                         const std::filesystem::path& target,
                         const std::vector<TablespacePlan>& tablespaces);

/// True when `path` lies beneath `root` (not: is it). Both absolute, without "..", "." and links.
/// Pure.
bool lies_beneath(const std::filesystem::path& path, const std::filesystem::path& root);

}  // namespace tsb

// Taking the repository for this process: by the daemon for its life, by `tsbackupd backup` for one
// command.
#pragma once

#include "core/repo/repository.hpp"

namespace tsb {

/// Locks `repository` and clears what a crash left there, which is logged. Error{repository_locked}
/// with what to do about it; otherwise as Repository::lock() and recover(). Thread: any (blocks).
void lock_and_recover(Repository& repository);

}  // namespace tsb

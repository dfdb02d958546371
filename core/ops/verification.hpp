// Verifying an opened backup from its stored bytes: the part that verify and restore share.
#pragma once

#include "core/ops/stored_backup.hpp"
#include "core/ops/verify.hpp"

namespace tsb {

/// As verify_backup, on a backup that is open already. Thread: worker (blocks).
VerifyReport verify_stored(StoredBackup& backup, JobContext& job);

}  // namespace tsb

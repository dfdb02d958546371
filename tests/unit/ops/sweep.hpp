// Running an operation with each file-system call failing in turn.
#pragma once

#include <functional>

#include "tests/unit/ops/ground.hpp"

namespace tsb::test {

/// What `work` gives or throws.
Outcome outcome_of(const std::function<Outcome()>& work);
/// Calls `attempt` with call 1..N failing by `fault`, until a run meets no fault. `check` hears how
/// each ended, after the fault has been healed.
void sweep(FaultFs& fs, Fault fault, const std::function<Outcome()>& attempt,
           const std::function<void(const Outcome&)>& check);
/// I2: a file whose sync failed is not synced again. Directories may be: others' entries lie there.
void check_no_file_synced_twice(const FaultFs& fs);
/// With a tablespace, and of each kind of file as few as there can be: each costs many calls.
SyntheticCluster small_cluster();
/// backup_options() with one worker.
BackupOptions sweep_options(BackupFormat format);

}  // namespace tsb::test

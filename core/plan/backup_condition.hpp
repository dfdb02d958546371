// In what condition a backup is, as far as decisions ask: only a good one counts for any rule.
#pragma once

namespace tsb {

enum class BackupCondition {
    good,         // committed, and nothing is known against it
    damaged,      // committed, but a verify or a restore found it changed
    broken,       // its metadata cannot be read
    in_progress,  // not committed yet
};

}  // namespace tsb

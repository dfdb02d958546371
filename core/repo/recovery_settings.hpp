// What a restored cluster is told for recovery to the end of its backup, by us and by RESTORE.txt.
// Source: PostgreSQL documentation, "Archive Recovery" and "Recovery Target".
#pragma once

#include <array>
#include <string_view>

namespace tsb {

// All WAL is in pg_wal already, so nothing is ever fetched; recovery ends, and the server promotes
// itself, where that WAL ends. recovery_target = 'immediate' would say the same in most cases, but
// a server looks at it only before a further record: of an idle standby's backup, which ends with
// the last record there is, it never starts ("recovery ended before configured recovery target was
// reached"). That the backup's end is reached is demanded by backup_label.
//
// The rest undoes what postgresql.conf may have left from a recovery of the source: a target, a
// delay of every transaction, commands that touch its archive.
inline constexpr std::array<std::string_view, 11> recovery_settings{
    "restore_command = 'false'",
    "recovery_target = ''",
    "recovery_target_lsn = ''",
    "recovery_target_name = ''",
    "recovery_target_time = ''",
    "recovery_target_xid = ''",
    "recovery_target_timeline = 'latest'",
    "recovery_target_action = 'promote'",
    "recovery_min_apply_delay = '0'",
    "recovery_end_command = ''",
    "archive_cleanup_command = ''",
};

}  // namespace tsb

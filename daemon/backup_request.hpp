// The options of a backup: the cluster's configuration with what the request overrides.
#pragma once

#include "config/config.hpp"
#include "core/ops/backup.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// `args` are those of the verb backup, accepted by check_args(). Error{usage} when a value is not
/// one that its argument takes. Thread: any.
BackupOptions backup_options(const ClusterConfig& cluster, const Json& args);

}  // namespace tsb

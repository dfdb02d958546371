// The answer to `restore --plan`.
#pragma once

#include "core/ops/restore.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// What the restore would do, how long it may take at the speed of the cluster's last one, and what
/// stands against it; the first refusal, if there is any, is the failure. Error as plan_restore().
/// Thread: worker (blocks).
Outcome restore_plan_report(Service& service, const RestoreOptions& options);

}  // namespace tsb

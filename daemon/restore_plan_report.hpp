// The answer to `restore --plan`.
#pragma once

#include "core/ops/restore_in_place.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// What the restore would do, how long it may take at the speed of the cluster's last one, and what
/// stands against it; the first refusal, if there is any, is the failure. Error as plan_restore().
/// Thread: worker (blocks).
Outcome restore_plan_report(Service& service, const RestoreOptions& options);

/// The same for a restore in place, with what happens to the server and to the old data.
Outcome in_place_plan_report(Service& service, const InPlaceOptions& options);

}  // namespace tsb

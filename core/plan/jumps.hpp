// Sudden changes of a cluster's backups: the newest stored or took far more or less than usual.
//
// Looks at good backups that did not end in the future. Sizes are those stored, so another
// compression shows as well. Does not know why.
#pragma once

#include <vector>

#include "core/plan/health.hpp"

namespace tsb {

/// Adds size_jump and duration_jump to `findings` where they are due. Thread: any.
void find_jumps(const ClusterHealthFacts& facts, SystemTime now, std::vector<Finding>& findings);

}  // namespace tsb

// The options of a restore, and the guard over where a client may have files written.
#pragma once

#include "core/ops/restore.hpp"
#include "daemon/rights.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// `args` are those of the verb restore, accepted by check_args(). Error{usage} when one is
/// malformed, Error{repository_missing}, Error{not_found} for an unknown cluster or user,
/// Error{refused} when a caller who is not trusted names a path outside the cluster's allowed
/// targets or somebody else as the owner.
/// Thread: worker (reads the disk and the user database).
RestoreOptions restore_options(Service& service, const Caller& caller, const Json& args);

}  // namespace tsb

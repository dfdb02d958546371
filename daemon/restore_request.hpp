// The options of a restore, and the guard over where a client may have files written.
#pragma once

#include "core/ops/restore_in_place.hpp"
#include "daemon/rights.hpp"
#include "daemon/service.hpp"

namespace tsb {

/// `args` are those of the verb restore, accepted by check_args(). Error{usage} when one is
/// malformed, Error{repository_missing}, Error{not_found} for an unknown cluster or user,
/// Error{refused} when a caller who is not trusted names a path outside the cluster's allowed
/// targets or somebody else as the owner.
/// Thread: worker (reads the disk and the user database).
RestoreOptions restore_options(Service& service, const Caller& caller, const Json& args);

/// `path` with its links resolved. Error{refused} when a caller who is not trusted names one
/// outside the cluster's allowed targets. Thread: worker (reads the disk).
std::filesystem::path allowed_path(const std::filesystem::path& path, const ClusterConfig& cluster,
                                   const Caller& caller);

/// True when that is the data directory which the cluster's configuration names: its data is
/// exchanged then.
bool is_in_place(const Config& config, const RestoreOptions& options);
/// The same for a restore in place. Thread: any.
InPlaceOptions in_place_options(const Config& config, const RestoreOptions& options,
                                const Json& args);
/// For an undo or a cleaning up, which mean no backup. Error{config} when the cluster has no
/// data directory configured.
InPlaceOptions in_place_options(Service& service, const Json& args);

}  // namespace tsb

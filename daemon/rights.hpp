// Who may ask for what: a pure decision over what the kernel says of a peer and the configuration.
#pragma once

#include <sys/types.h>

#include <vector>

#include "config/config.hpp"
#include "daemon/verb_spec.hpp"

namespace tsb {

/// The other end of a control connection, as the kernel attests it at connect time.
struct Peer {
    uid_t uid = 0;
    pid_t pid = 0;
    std::vector<gid_t> groups;  // primary and supplementary
};

/// Who asks for a verb: a peer and its right, or the operator in this process.
struct Caller {
    uid_t uid = 0;
    pid_t pid = 0;
    std::vector<gid_t> groups;
    Right right = Right::none;
    /// uid 0 or the daemon's own: may name any path and any owner.
    bool trusted = false;
};

/// A uid that user namespaces show for everyone they do not map.
inline constexpr uid_t unmapped_uid = 65534;
inline constexpr gid_t unmapped_gid = 65534;

/// The caller that `peer` is; right none when nothing in `control` names it. An unmapped uid has
/// no right whatever the configuration says, and an unmapped gid gives none. Thread: any.
Caller caller_of(const Peer& peer, const ControlConfig& control, uid_t own_uid);

/// The operator who runs a verb in this process: all rights. Thread: any.
Caller local_caller();

/// Throws Error{refused} unless `caller` may ask for `verb`. Thread: any.
void require_right(const Caller& caller, const VerbSpec& verb);

}  // namespace tsb

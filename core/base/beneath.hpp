// Opening a relative path beneath a directory without following any link (invariant I7).
#pragma once

#include <sys/types.h>
#include <string>

#include "core/base/fs.hpp"

namespace tsb {

/// The descriptor for `path` beneath `parent`, or an empty one with errno set: ELOOP for a link
/// anywhere in it, EXDEV for a path that is absolute or holds "..", EINVAL for an empty one or one
/// with a zero byte. O_CLOEXEC is added to `flags`. Thread: any.
Fd open_beneath(int parent, const std::string& path, int flags, mode_t mode);
/// As open_beneath(), with one openat(2) a component: for kernels and sandboxes without openat2(2).
Fd open_beneath_by_component(int parent, const std::string& path, int flags, mode_t mode);

}  // namespace tsb

// The control socket as a file: made, told from a foreign one, removed. And who is at the other
// end of a connection.
#pragma once

#include <filesystem>

#include "core/base/fs.hpp"
#include "daemon/rights.hpp"

namespace tsb {

/// A listening Unix socket at `path`, mode 0660; its directory is made (0750) when missing. A
/// socket left behind there is replaced: call only while holding the repository's lock.
/// Error{refused} when something else than a socket is there, Error{busy} when another process
/// listens on it, Error{config} when the path is too long, Error{io}. Thread: loop.
Fd listen_on(const std::filesystem::path& path);

/// The process at the other end of the connected Unix socket `fd`, as it was when it connected.
/// Error{io} when the kernel does not say. Thread: any.
Peer peer_of(int fd);

}  // namespace tsb

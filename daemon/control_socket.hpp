// Unix sockets as files, the control socket first: made, or taken over; told from a foreign one.
// And who is at the other end of a connection.
#pragma once

#include <filesystem>

#include "core/base/fs.hpp"
#include "daemon/rights.hpp"
#include "daemon/service_manager.hpp"

namespace tsb {

/// A listening Unix socket at `path`, mode 0660; its directory is made (0750) when missing. A
/// socket left behind there is replaced: call only while holding the repository's lock.
/// Error{refused} when something else than a socket is there, Error{busy} when another process
/// listens on it, Error{config} when the path is too long, Error{io}; their hints name `key` of the
/// configuration. Thread: loop.
Fd listen_on(const std::filesystem::path& path, const std::string& key = "control.socket");

struct ControlListener {
    Fd socket;
    std::filesystem::path path;
    bool handed_over = false;  // the service manager keeps it: not to be removed at the end
};

/// The socket that the service manager hands over, else one that listens on `configured`. A warning
/// tells where the two differ. Error as take_control_socket() and listen_on(). Thread: loop.
ControlListener control_listener(ServiceManager& manager, const std::filesystem::path& configured);

/// The process at the other end of the connected Unix socket `fd`, as it was when it connected.
/// Error{io} when the kernel does not say. Thread: any.
Peer peer_of(int fd);

}  // namespace tsb

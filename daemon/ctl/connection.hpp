// The client's end of the control socket: one request, then lines until the outcome. Blocking.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/fs.hpp"
#include "daemon/wire.hpp"

namespace tsb {

class Connection {
public:
    /// Connects to the daemon's socket and sends `request`. Error{daemon_unreachable} when nobody
    /// answers there, Error{refused} when the socket may not be opened.
    Connection(const std::string& socket_path, const Request& request);

    /// The next line; nothing when `interrupt_fd` (such as a signalfd; -1: none) became readable
    /// first. Error{daemon_unreachable} when the daemon went away or kept silent for `limit`.
    std::optional<ReplyLine> next(int interrupt_fd, std::chrono::seconds limit);

private:
    bool take_line(std::string& line);
    void receive();

    std::string path_;
    Fd socket_;
    std::string buffer_;
    std::size_t searched_ = 0;  // bytes of buffer_ known to hold no newline
};

}  // namespace tsb

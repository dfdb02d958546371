// A connection to a control socket without tsbackupctl, for what that would never do.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/fs.hpp"

namespace tsb::test {

/// Blocking; a daemon that says nothing for a minute counts as closing the connection.
class RawClient {
public:
    /// Throws std::runtime_error when the socket cannot be reached.
    explicit RawClient(const std::filesystem::path& socket);

    /// Sends what the daemon takes; it may have closed the connection.
    void send(const std::string& text);
    /// The next line; empty when the connection is closed or reset.
    std::string line();
    /// Waits until the daemon closes the connection; false when it does not within a minute.
    bool is_closed();
    /// Closes the connection.
    void leave() { fd_.reset(); }

private:
    Fd fd_;
};

}  // namespace tsb::test

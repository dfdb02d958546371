// A connection to the daemon without a program of ours or anybody's, for what those would never do.
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
    /// The same to a port of the loopback interface: "127.0.0.1" or "::1".
    RawClient(const std::string& host, int port);

    /// Sends what the daemon takes; it may have closed the connection.
    void send(const std::string& text);
    /// The next line; empty when the connection is closed or reset.
    std::string line();
    /// The next `count` bytes, fewer when the connection is closed or reset before.
    std::string bytes(std::size_t count);
    /// Sends no more; what is sent to us can still be read.
    void end_sending();
    /// Waits until the daemon closes the connection; false when it does not within a minute.
    bool is_closed();
    /// Closes the connection.
    void leave() { fd_.reset(); }

private:
    void connect_to(const void* address, std::size_t size);

    Fd fd_;
};

/// A port of the loopback interface that is free now.
int free_port();

}  // namespace tsb::test

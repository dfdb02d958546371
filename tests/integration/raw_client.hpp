// A connection to the daemon's control socket without tsbackupctl, for what that would never do.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/fs.hpp"

namespace tsb::test {

class Daemon;

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

private:
    Fd fd_;
};

std::filesystem::path socket_of(const Daemon& daemon);
/// A request line.
std::string request_line(const std::string& verb,
                         const nlohmann::json& args = nlohmann::json::object());
/// The last line that the daemon answers a request with.
nlohmann::json raw_answer(const Daemon& daemon, const std::string& verb,
                          const nlohmann::json& args = nlohmann::json::object());

}  // namespace tsb::test

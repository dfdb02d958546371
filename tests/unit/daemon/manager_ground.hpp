// A service manager for tests: the socket that receives what is told, the environment that it
// starts a service with, and sockets that it hands over.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/fs.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

/// A datagram socket. `name` as in $NOTIFY_SOCKET; "" makes a path in a directory of its own.
class NotifyReceiver {
public:
    explicit NotifyReceiver(const std::string& name = "");
    const std::string& name() const { return name_; }
    /// What has come since the last call.
    std::vector<std::string> messages();

private:
    TempDir directory_;
    std::string name_;
    Fd socket_;
};

/// Sets variables, and takes them away at its end.
class ServiceEnvironment {
public:
    explicit ServiceEnvironment(std::vector<std::pair<std::string, std::string>> variables);
    ~ServiceEnvironment();
    ServiceEnvironment(const ServiceEnvironment&) = delete;

private:
    std::vector<std::pair<std::string, std::string>> variables_;
};

/// A listening Unix socket at `path`, or where it is empty a socket that nobody can listen on.
Fd socket_of_manager(const std::string& path);

/// Puts `sockets` where a service finds those that it is handed: from descriptor 3 on. What was
/// there comes back at the end.
class HandedOver {
public:
    explicit HandedOver(std::vector<Fd> sockets);
    ~HandedOver();
    HandedOver(const HandedOver&) = delete;

private:
    std::vector<Fd> before_;
};

}  // namespace tsb::test

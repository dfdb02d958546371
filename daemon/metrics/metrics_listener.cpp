#include "daemon/metrics/metrics_listener.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "core/base/error.hpp"
#include "daemon/control_socket.hpp"

namespace tsb {
namespace {

constexpr int metrics_backlog = 32;
constexpr const char* key = "metrics.listen";

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Error cannot_listen(ErrorCode code, const ListenAddress& address, const std::string& cause,
                    const std::string& hint) {
    return {code, "cannot listen on '" + to_string(address) + "': " + cause, hint};
}

/// A numeric address is not looked up, so this does not wait.
Addresses parsed(const ListenAddress& address) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &wanted, &found);
    if (failed != 0) throw cannot_listen(ErrorCode::config, address, ::gai_strerror(failed), "");
    return {found, &::freeaddrinfo};
}

Error why_not(int error, const ListenAddress& address) {
    if (error == EADDRINUSE) {
        return cannot_listen(ErrorCode::busy, address, std::strerror(error),
                             "set 'metrics.listen' to another port; tsbackupd itself gives up a "
                             "port for another address of it only when it is restarted");
    }
    if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT) {
        return cannot_listen(ErrorCode::config, address, std::strerror(error),
                             "set 'metrics.listen' to an address of this machine");
    }
    if (error == EACCES) {
        return cannot_listen(ErrorCode::refused, address, std::strerror(error),
                             "set 'metrics.listen' to a port above 1023");
    }
    return cannot_listen(ErrorCode::io, address, std::strerror(error), "");
}

Fd listen_on_tcp(const ListenAddress& address) {
    const Addresses found = parsed(address);
    Fd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) throw why_not(errno, address);
    // A restart must not wait for the connections of the daemon before. Without the second one
    // "::" would be reached over IPv4 as well, or not, as the machine has it.
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (found->ai_family == AF_INET6) {
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
        ::listen(fd.get(), metrics_backlog) != 0) {
        throw why_not(errno, address);
    }
    return fd;
}

}  // namespace

MetricsListener::MetricsListener(const std::optional<ListenAddress>& address) : address_(address) {
    if (!address) return;
    socket_ = address->host.empty() ? listen_on(address->path, key) : listen_on_tcp(*address);
}

MetricsListener::MetricsListener(MetricsListener&& other) noexcept
    : address_(std::exchange(other.address_, std::nullopt)), socket_(std::move(other.socket_)) {}

MetricsListener& MetricsListener::operator=(MetricsListener&& other) noexcept {
    if (this == &other) return *this;
    remove_path();
    address_ = std::exchange(other.address_, std::nullopt);
    socket_ = std::move(other.socket_);
    return *this;
}

MetricsListener::~MetricsListener() {
    remove_path();
}

void MetricsListener::remove_path() noexcept {
    if (address_ && address_->host.empty()) ::unlink(address_->path.c_str());
}

}  // namespace tsb

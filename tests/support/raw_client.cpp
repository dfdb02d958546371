#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace tsb::test {
namespace {

constexpr timeval longest_wait = {60, 0};

}  // namespace

RawClient::RawClient(const std::filesystem::path& socket)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof(address.sun_path) - 1);
    connect_to(&address, sizeof(address));
}

RawClient::RawClient(const std::string& host, int port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) {
        throw std::runtime_error("no address: " + host);
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> kept(found, &freeaddrinfo);
    fd_ = Fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connect_to(found->ai_addr, found->ai_addrlen);
}

void RawClient::connect_to(const void* address, std::size_t size) {
    for (const int wait : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        setsockopt(fd_.get(), SOL_SOCKET, wait, &longest_wait, sizeof(longest_wait));
    }
    if (connect(fd_.get(), static_cast<const sockaddr*>(address), static_cast<socklen_t>(size)) !=
        0) {
        throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
    }
}

void RawClient::send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t count =
            ::send(fd_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return;
        sent += static_cast<std::size_t>(count);
    }
}

std::string RawClient::line() {
    std::string out;
    char c = 0;
    while (recv(fd_.get(), &c, 1, 0) == 1) {
        if (c == '\n') return out;
        out += c;
    }
    return {};
}

std::string RawClient::bytes(std::size_t count) {
    std::string out;
    std::array<char, 4096> block;
    while (out.size() < count) {
        const ssize_t got =
            recv(fd_.get(), block.data(), std::min(block.size(), count - out.size()), 0);
        if (got <= 0) break;
        out.append(block.data(), static_cast<std::size_t>(got));
    }
    return out;
}

void RawClient::end_sending() {
    shutdown(fd_.get(), SHUT_WR);
}

bool RawClient::is_closed() {
    std::array<char, 4096> block;
    ssize_t count = 1;
    while (count > 0) count = recv(fd_.get(), block.data(), block.size(), 0);
    return count == 0 || errno == ECONNRESET;
}

int free_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(fd.get(), generic, length) != 0 || ::getsockname(fd.get(), generic, &length) != 0) {
        throw std::runtime_error("no free port on the loopback interface");
    }
    return ntohs(address.sin_port);
}

}  // namespace tsb::test

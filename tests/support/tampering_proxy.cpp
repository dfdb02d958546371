#include "tests/support/tampering_proxy.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <stdexcept>

namespace tsb::test {
namespace {

constexpr std::size_t length_size = 4;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

/// A listening socket on a free port, which is stored in `port`.
int listen_on_loopback(int& port) {
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        throw std::runtime_error("cannot listen on the loopback interface");
    }
    port = ntohs(address.sin_port);
    return fd;
}

int connect_to_loopback(int port) {
    const sockaddr_in address = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// Appends what arrived; false at the end.
bool receive(int fd, std::string& into) {
    char buffer[65536];
    const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(count));
    return true;
}

std::uint32_t length_at(const std::string& bytes, std::size_t offset) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i) {
        length = length << 8 | static_cast<unsigned char>(bytes[offset + i]);
    }
    return length;
}

/// Takes one message with `prefix` bytes before its length off the front; false when it is not
/// all there.
bool take_message(std::string& bytes, std::size_t prefix, std::string& message) {
    if (bytes.size() < prefix + length_size) return false;
    const std::size_t size = prefix + length_at(bytes, prefix);
    if (bytes.size() < size) return false;
    message = bytes.substr(0, size);
    bytes.erase(0, size);
    return true;
}

}  // namespace

void Delivery::message(char type, const std::string& payload) {
    const auto length = static_cast<std::uint32_t>(payload.size() + length_size);
    bytes_ += type;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes_ += static_cast<char>(length >> shift & 0xFF);
    bytes_ += payload;
}

/// One connection: a thread for each direction. When either ends, so does the other.
class TamperingProxy::Link {
public:
    Link(TamperingProxy& proxy, Tampering tampering, int session, int client, int server)
        : proxy_(proxy),
          tampering_(std::move(tampering)),
          session_(session),
          client_(client),
          server_(server),
          to_server_([this] { run(&Link::pass_to_server); }),
          to_client_([this] { run(&Link::pass_to_client); }) {}
    ~Link() {
        hang_up();
        to_server_.join();
        to_client_.join();
        close(client_);
        close(server_);
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    bool ended() const { return running_ == 0; }

private:
    void run(void (Link::*pass)()) {
        try {
            (this->*pass)();
        } catch (const std::exception& error) {
            std::cerr << "proxy: " << error.what() << "\n";
        }
        hang_up();
        --running_;
    }
    void hang_up() const {
        shutdown(client_, SHUT_RDWR);
        shutdown(server_, SHUT_RDWR);
    }
    void pass_to_server();
    void pass_to_client();

    TamperingProxy& proxy_;
    const Tampering tampering_;
    const int session_;
    const int client_;
    const int server_;
    std::mutex mutex_;
    std::string command_;  // guarded by mutex_
    std::atomic<int> running_ = 2;
    std::thread to_server_;
    std::thread to_client_;
};

void TamperingProxy::Link::pass_to_server() {
    std::string bytes;
    std::string message;
    std::size_t prefix = 0;  // the start-up packet has no type
    while (receive(client_, bytes)) {
        while (take_message(bytes, prefix, message)) {
            if (prefix == 1 && message[0] == 'Q') {
                const std::lock_guard lock(mutex_);
                command_ = message.c_str() + prefix + length_size;
            }
            prefix = 1;
            if (!send_all(server_, message)) return;
        }
    }
}

void TamperingProxy::Link::pass_to_client() {
    std::string bytes;
    std::string message;
    while (receive(server_, bytes)) {
        while (take_message(bytes, 1, message)) {
            ServerMessage seen{session_, {}, message[0], message.substr(1 + length_size)};
            {
                const std::lock_guard lock(mutex_);
                seen.command = command_;
            }
            const Delivery delivery = proxy_.deliver(tampering_, seen);
            if (!send_all(client_, delivery.bytes()) || delivery.is_cut()) return;
        }
    }
}

TamperingProxy::TamperingProxy(int server_port)
    : server_port_(server_port),
      listener_(listen_on_loopback(port_)),
      accepting_([this] { accept_clients(); }) {}

TamperingProxy::~TamperingProxy() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    links_.clear();
    close(listener_);
}

void TamperingProxy::tamper(Tampering tampering) {
    const std::lock_guard lock(mutex_);
    tampering_ = std::move(tampering);
    next_session_ = 0;
    changed_ = 0;
}

void TamperingProxy::accept_clients() {
    for (int client = 0; (client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
        links_.remove_if([](const auto& link) { return link->ended(); });
        const int server = connect_to_loopback(server_port_);
        if (server < 0) {
            close(client);
            continue;
        }
        const std::lock_guard lock(mutex_);
        links_.push_back(
            std::make_unique<Link>(*this, tampering_, next_session_++, client, server));
    }
}

Delivery TamperingProxy::deliver(const Tampering& tampering, const ServerMessage& message) {
    Delivery as_it_came;
    as_it_came.message(message);
    if (!tampering) return as_it_came;
    const std::lock_guard lock(mutex_);
    Delivery delivery;
    tampering(message, delivery);
    if (delivery.is_cut() || delivery.bytes() != as_it_came.bytes()) ++changed_;
    return delivery;
}

}  // namespace tsb::test

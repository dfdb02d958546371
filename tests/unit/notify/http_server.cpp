#include "tests/unit/notify/http_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace tsb::test {
namespace {

// Before any thread: where a proxy is set in the environment it cannot reach this server.
const int no_proxy = ::setenv("no_proxy", "127.0.0.1", 1);

Fd listen_on_loopback(int& port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd.get(), generic, length) != 0 || ::listen(fd.get(), 8) != 0 ||
        ::getsockname(fd.get(), generic, &length) != 0) {
        throw std::runtime_error("cannot listen on the loopback interface");
    }
    port = ntohs(address.sin_port);
    return fd;
}

/// Bytes that follow the head, as it announces them.
std::size_t body_size(const std::string& head) {
    const std::string field = "Content-Length: ";
    const std::size_t at = head.find(field);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + field.size()));
}

std::string read_request(int fd) {
    std::string request;
    std::array<char, 4096> buffer;
    for (;;) {
        const std::size_t head = request.find("\r\n\r\n");
        if (head != std::string::npos && request.size() >= head + 4 + body_size(request)) break;
        const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return request;
}

}  // namespace

HttpServer::Reply HttpServer::status(int number) {
    return "HTTP/1.1 " + std::to_string(number) + " x\r\nContent-Length: 0\r\n\r\n";
}

HttpServer::HttpServer(std::vector<Reply> replies)
    : replies_(std::move(replies)),
      listener_(listen_on_loopback(port_)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { serve(); }) {}

HttpServer::~HttpServer() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
}

std::string HttpServer::url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/services/marker-path?key=marker-key";
}

std::vector<std::string> HttpServer::requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
}

bool HttpServer::wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::minutes(1),
                             [&] { return requests_.size() >= count; });
}

void HttpServer::serve() {
    for (;;) {
        std::array polled = {pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
        if (::poll(polled.data(), polled.size(), -1) < 0) continue;
        if (polled[1].revents != 0) return;
        answer(Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    }
}

void HttpServer::answer(Fd connection) {
    std::string request = read_request(connection.get());
    std::size_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = requests_.size();
        requests_.push_back(std::move(request));
    }
    const Reply& reply = replies_[std::min(number, replies_.size() - 1)];
    if (reply == silence) {
        silent_.push_back(std::move(connection));
    } else if (reply != drop) {
        ::send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    }
    arrived_.notify_all();
}

}  // namespace tsb::test

#include "tests/unit/daemon/manager_ground.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tsb::test {
namespace {

constexpr int first_descriptor = 3;
constexpr int out_of_the_way = 100;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void bind_to(int fd, const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                               (name[0] == '/' ? 1 : 0));
    require(::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0, "bind");
}

}  // namespace

NotifyReceiver::NotifyReceiver(const std::string& name)
    : name_(name.empty() ? (directory_.path() / "notify").string() : name),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    bind_to(socket_.get(), name_);
}

std::vector<std::string> NotifyReceiver::messages() {
    std::vector<std::string> out;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0) return out;
        out.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    }
}

ServiceEnvironment::ServiceEnvironment(std::vector<std::pair<std::string, std::string>> variables)
    : variables_(std::move(variables)) {
    for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
}

ServiceEnvironment::~ServiceEnvironment() {
    for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
}

Fd socket_of_manager(const std::string& path) {
    if (path.empty()) return Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    bind_to(fd.get(), path);
    require(::listen(fd.get(), 8) == 0, "listen");
    return fd;
}

HandedOver::HandedOver(std::vector<Fd> sockets) {
    // Out of the way first: one of them may have a number that another one is to get.
    for (Fd& fd : sockets) fd = Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, out_of_the_way));
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        const int number = first_descriptor + static_cast<int>(i);
        before_.emplace_back(::fcntl(number, F_DUPFD_CLOEXEC, out_of_the_way));
        require(::dup2(sockets[i].get(), number) == number, "dup2");
    }
}

HandedOver::~HandedOver() {
    for (std::size_t i = 0; i < before_.size(); ++i) {
        const int number = first_descriptor + static_cast<int>(i);
        if (before_[i]) {
            ::dup2(before_[i].get(), number);
        } else {
            ::close(number);  // where nobody took it
        }
    }
}

}  // namespace tsb::test

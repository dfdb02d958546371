#include "tests/support/raw_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
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
    for (const int wait : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        setsockopt(fd_.get(), SOL_SOCKET, wait, &longest_wait, sizeof(longest_wait));
    }
    if (connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
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

bool RawClient::is_closed() {
    std::array<char, 4096> block;
    ssize_t count = 1;
    while (count > 0) count = recv(fd_.get(), block.data(), block.size(), 0);
    return count == 0 || errno == ECONNRESET;
}

}  // namespace tsb::test

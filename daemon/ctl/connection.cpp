#include "daemon/ctl/connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tsb {
namespace {

constexpr const char* unreachable_hint =
    "is tsbackupd running, and is this its 'control.socket'? --socket or TSBACKUP_SOCKET names "
    "another path";
constexpr const char* forbidden_hint =
    "the socket is for the daemon's user and for the group that owns it: be in that group, and let "
    "'control.rights' in the configuration name you";

Error connect_error(int number, const std::string& path) {
    const std::string message = "cannot reach the daemon at '" + printable(path) +
                                "': " + std::system_category().message(number);
    if (number == EACCES || number == EPERM) {
        return {ErrorCode::refused, message, forbidden_hint};
    }
    return {ErrorCode::daemon_unreachable, message, unreachable_hint};
}

Error lost(const std::string& path, const std::string& cause) {
    return {ErrorCode::daemon_unreachable,
            "cannot read from the daemon at '" + printable(path) + "': " + cause,
            "a job that was started may still be running: see tsbackupctl jobs"};
}

Fd connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) throw connect_error(ENAMETOOLONG, path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                             sizeof(address)) != 0) {
        throw connect_error(errno, path);
    }
    return socket;
}

}  // namespace

Connection::Connection(const std::string& socket_path, const Request& request)
    : path_(socket_path), socket_(connect_to(socket_path)) {
    const std::string line = encode_line(encode_request(request));
    if (line.size() > request_limit) {
        throw Error(ErrorCode::usage, "cannot send the request: longer than 64 KiB");
    }
    std::size_t sent = 0;
    while (sent < line.size()) {
        const ssize_t count =
            ::send(socket_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        // A daemon that refuses closes before it has read all: its answer can still be read.
        if (count < 0 && (errno == EPIPE || errno == ECONNRESET)) break;
        if (count < 0 && errno != EINTR) throw lost(path_, std::system_category().message(errno));
        if (count > 0) sent += static_cast<std::size_t>(count);
    }
}

std::optional<ReplyLine> Connection::next(int interrupt_fd, std::chrono::seconds limit) {
    std::string line;
    while (!take_line(line)) {
        std::array<pollfd, 2> fds = {pollfd{socket_.get(), POLLIN, 0},
                                     pollfd{interrupt_fd, POLLIN, 0}};
        const int wait_ms = static_cast<int>(std::chrono::milliseconds(limit).count());
        const int ready = ::poll(fds.data(), fds.size(), wait_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) throw lost(path_, std::system_category().message(errno));
        if (ready == 0) throw lost(path_, "no answer for " + std::to_string(limit.count()) + " s");
        if ((fds[1].revents & POLLIN) != 0) return std::nullopt;
        receive();
    }
    return decode_reply(line);
}

bool Connection::take_line(std::string& line) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
        searched_ = buffer_.size();
        return false;
    }
    line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    searched_ = 0;
    return true;
}

void Connection::receive() {
    std::array<char, 64 << 10> block;
    const ssize_t count = ::recv(socket_.get(), block.data(), block.size(), 0);
    if (count < 0 && errno == EINTR) return;
    if (count < 0) throw lost(path_, std::system_category().message(errno));
    if (count == 0) throw lost(path_, "the connection was closed");
    buffer_.append(block.data(), static_cast<std::size_t>(count));
    if (buffer_.size() > reply_limit) throw lost(path_, "an answer longer than 16 MiB");
}

}  // namespace tsb

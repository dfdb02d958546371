#include "tests/unit/pg/fake_server.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "core/base/bytes.hpp"

namespace tsb::test {

namespace {

using namespace std::string_literals;

std::string big_endian(std::uint32_t value, int bytes) {
    std::string text;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        text += static_cast<char>(value >> shift & 0xFF);
    }
    return text;
}

/// Reads once and appends; false at the end of the connection.
bool read_more(int socket, std::string& into) {
    std::array<char, 4096> buffer{};
    const auto got = ::read(socket, buffer.data(), buffer.size());
    if (got > 0) {
        into.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return got > 0;
}

void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string greeting() {
    const auto setting = [](const std::string& name, const std::string& value) {
        return wire_message('S', name + '\0' + value + '\0');
    };
    return wire_message('R', big_endian(0, 4)) + setting("server_version", "15.20") +
           setting("client_encoding", "UTF8") + setting("standard_conforming_strings", "on") +
           wire_ready();
}

/// Messages in `bytes` that are whole and of `type`.
std::size_t count_messages(std::string_view bytes, char type) {
    std::size_t count = 0;
    while (bytes.size() >= 5) {
        ByteReader reader(as_bytes(bytes.substr(1, 4)));
        const std::size_t length = reader.u32_be();
        if (bytes.size() < length + 1) {
            break;
        }
        count += bytes[0] == type ? 1 : 0;
        bytes.remove_prefix(length + 1);
    }
    return count;
}

}  // namespace

std::string wire_message(char type, const std::string& body) {
    return type + big_endian(static_cast<std::uint32_t>(body.size() + 4), 4) + body;
}

std::string wire_rows(const std::string& value) {
    const auto column = "c\0"s + big_endian(0, 4) + big_endian(0, 2) + big_endian(25, 4) +
                        big_endian(0xFFFF, 2) + big_endian(0, 4) + big_endian(0, 2);
    return wire_message('T', big_endian(1, 2) + column) +
           wire_message('D', big_endian(1, 2) +
                                 big_endian(static_cast<std::uint32_t>(value.size()), 4) + value) +
           wire_complete();
}

std::string wire_copy_out() {
    return wire_message('H', "\0"s + big_endian(0, 2));
}

std::string wire_copy_both() {
    return wire_message('W', "\0"s + big_endian(0, 2));
}

std::string wire_copy_data(const std::string& data) {
    return wire_message('d', data);
}

std::string wire_copy_done() {
    return wire_message('c', "");
}

std::string wire_complete() {
    return wire_message('C', "SELECT\0"s);
}

std::string wire_ready() {
    return wire_message('Z', "I");
}

std::string wire_error(const std::string& sqlstate, const std::string& text) {
    return wire_message('E', "SFEHLER\0VERROR\0C"s + sqlstate + "\0M"s + text + "\0\0"s);
}

FakeServer::FakeServer(std::vector<std::string> replies, bool then_close)
    : replies_(std::move(replies)),
      then_close_(then_close),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (directory_.path() / ".s.PGSQL.5432").string();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 1) != 0) {
        throw std::runtime_error("cannot listen on " + path);
    }
    thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
    received();
}

std::string FakeServer::conninfo() const {
    return "host=" + directory_.path().string() + " port=5432 user=test";
}

const std::string& FakeServer::received() {
    if (thread_.joinable()) {
        ::shutdown(listener_.get(), SHUT_RDWR);  // a client that never came ends the accept
        thread_.join();
    }
    return received_;
}

void FakeServer::serve() {
    const Fd client(::accept(listener_.get(), nullptr, nullptr));
    std::string start_up;
    if (!client || !read_more(client.get(), start_up)) {
        return;
    }
    send_all(client.get(), greeting());
    for (std::size_t sent = 0; sent < replies_.size(); ++sent) {
        while (count_messages(received_, 'Q') <= sent) {
            if (!read_more(client.get(), received_)) {
                return;
            }
        }
        send_all(client.get(), replies_[sent]);
    }
    while (!then_close_ && read_more(client.get(), received_)) {
    }
}

}  // namespace tsb::test

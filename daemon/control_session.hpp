// One client of the control server: its request in, its events and outcome out.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>

#include "daemon/control_server.hpp"
#include "daemon/control_socket.hpp"

namespace tsb {

/// Thread: loop, all of it.
class ControlSession {
public:
    using Socket = boost::asio::local::stream_protocol::socket;

    ControlSession(Socket socket, Caller caller, std::chrono::milliseconds write_timeout);

    const Caller& caller() const { return caller_; }
    /// Sends `error` as far as the socket takes it at once, and closes.
    void refuse(const Error& error);
    /// Reads one request within `request_timeout`, has it handled, sends what comes. Throws when
    /// the client is gone; then nothing more is sent.
    boost::asio::awaitable<void> run(const RequestHandler& handler,
                                     std::chrono::milliseconds request_timeout);
    /// Closes the connection while it waits for a request; otherwise does nothing.
    void drop_unless_asked();

private:
    boost::asio::awaitable<Outcome> answer(const RequestHandler& handler, const std::string& line);
    boost::asio::awaitable<std::string> read_line(std::chrono::milliseconds timeout);
    boost::asio::awaitable<void> send(Json value);

    Socket socket_;
    const Caller caller_;
    const std::chrono::milliseconds write_timeout_;
    bool asked_ = false;
    bool gone_ = false;
};

}  // namespace tsb

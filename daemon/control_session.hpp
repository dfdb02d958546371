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
    /// What it asked for; nothing while it has not, and when that was malformed.
    const std::optional<Request>& request() const { return request_; }
    /// True when there is an outcome, which the client may or may not have got.
    bool has_ended() const { return ended_; }
    /// Why the request failed; of has_ended().
    const std::optional<Error>& failure() const { return failure_; }
    /// Sends `error` as far as the socket takes it at once, and closes.
    void refuse(const Error& error);
    /// Reads one request within `request_timeout`, has it handled, sends what comes. Throws when
    /// the client is gone; then nothing more is sent.
    boost::asio::awaitable<void> run(const RequestHandler& handler,
                                     std::chrono::milliseconds request_timeout);
    /// Closes the connection while it waits for a request; otherwise does nothing.
    void drop_unless_asked();

private:
    boost::asio::awaitable<Outcome> outcome(const RequestHandler& handler,
                                            std::chrono::milliseconds request_timeout);
    boost::asio::awaitable<std::string> read_line(std::chrono::milliseconds timeout);
    boost::asio::awaitable<void> send(Json value);
    [[noreturn]] void leave(const std::string& why);

    Socket socket_;
    const Caller caller_;
    const std::chrono::milliseconds write_timeout_;
    std::optional<Request> request_;
    std::optional<Error> failure_;
    bool asked_ = false;
    bool ended_ = false;
    bool gone_ = false;
};

}  // namespace tsb

// Accepting clients until a server stops: what the servers of the daemon share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>

namespace tsb {

/// Hands each new connection to `server.admit(socket)`, until `server.acceptor` is closed. A
/// failure to accept, such as for want of descriptors, is told by `server.complain(cause)` and
/// tried again. Directly awaited by a coroutine that keeps `server`. Thread: loop.
template <class Server>
boost::asio::awaitable<void> accept_clients(Server& server) {
    constexpr auto pause_after_failure = std::chrono::milliseconds(100);
    while (server.acceptor.is_open()) {
        boost::system::error_code failed;
        auto socket = co_await server.acceptor.async_accept(
            boost::asio::redirect_error(boost::asio::use_awaitable, failed));
        if (failed == boost::asio::error::operation_aborted) co_return;
        if (failed) {
            server.complain("cannot accept a client: " + failed.message());
            boost::asio::steady_timer pause(server.acceptor.get_executor(), pause_after_failure);
            co_await pause.async_wait(
                boost::asio::redirect_error(boost::asio::use_awaitable, failed));
            continue;
        }
        server.admit(std::move(socket));
    }
}

}  // namespace tsb

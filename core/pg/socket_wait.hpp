// Waiting on a socket that belongs to someone else (libpq), with a limit, from a coroutine.
//
// The descriptor is only watched: it is never read, written or closed here.
// Thread: loop, all of it. One coroutine waits at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>

namespace tsb {

class SocketWait {
public:
    enum class Interest { read, write };
    enum class Outcome { ready, time_over, woken, interrupted };

    SocketWait(const boost::asio::any_io_executor& executor, int socket);
    ~SocketWait() { release(); }
    SocketWait(const SocketWait&) = delete;
    SocketWait& operator=(const SocketWait&) = delete;

    /// Suspends until the socket is ready for `interest`, `limit` is over, or wake() or interrupt()
    /// is called. May report ready without cause.
    boost::asio::awaitable<Outcome> wait(Interest interest, std::chrono::seconds limit);
    /// Suspends for `time`, whatever the socket says, unless wake() or interrupt() is called.
    boost::asio::awaitable<Outcome> pause(std::chrono::microseconds time);
    /// Ends the wait of this moment, if there is one.
    void wake() noexcept;
    /// Ends the wait, and every later one, as interrupted.
    void interrupt() noexcept;
    /// Interrupts and stops watching; call it before the socket is closed. Again is harmless.
    void release() noexcept;

private:
    struct State;
    static void watch(const std::shared_ptr<State>& state, Interest interest);
    /// Without an interest the socket is not watched.
    static boost::asio::awaitable<Outcome> wait_on(std::shared_ptr<State> state,
                                                   std::optional<Interest> interest,
                                                   std::chrono::microseconds limit);
    std::shared_ptr<State> state_;
};

}  // namespace tsb

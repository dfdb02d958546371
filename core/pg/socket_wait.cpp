#include "core/pg/socket_wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tsb {

namespace asio = boost::asio;

// The coroutine awaits the timer alone; socket readiness and interrupts cancel it. Completion
// handlers share the state, so that they may run after the SocketWait is gone. The socket is
// watched only during a wait: otherwise each arrival would wake the loop in a pause, too.
struct SocketWait::State {
    State(const asio::any_io_executor& executor, int watched)
        : socket(watched), descriptor(executor), timer(executor) {}

    // Asio's descriptor would otherwise close libpq's socket.
    void unwatch() {
        if (descriptor.is_open()) {
            descriptor.release();
        }
    }

    const int socket;
    asio::posix::stream_descriptor descriptor;
    asio::steady_timer timer;
    bool ready = false;
    bool woken = false;
    bool interrupted = false;

    void interrupt() {
        interrupted = true;
        timer.cancel();
    }
};

SocketWait::SocketWait(const asio::any_io_executor& executor, int socket)
    : state_(std::make_shared<State>(executor, socket)) {}

void SocketWait::wake() noexcept {
    state_->woken = true;
    state_->timer.cancel();
}

void SocketWait::interrupt() noexcept {
    state_->interrupt();
}

void SocketWait::release() noexcept {
    interrupt();
    state_->unwatch();
}

asio::awaitable<SocketWait::Outcome> SocketWait::wait(Interest interest,
                                                      std::chrono::seconds limit) {
    return wait_on(state_, interest, limit);
}

asio::awaitable<SocketWait::Outcome> SocketWait::pause(std::chrono::microseconds time) {
    return wait_on(state_, std::nullopt, time);
}

void SocketWait::watch(const std::shared_ptr<State>& state, Interest interest) {
    const auto on_ready = [state](const boost::system::error_code& failed) {
        if (failed != asio::error::operation_aborted) {
            state->ready = true;
            state->timer.cancel();
        }
    };
    state->descriptor.assign(state->socket);
    state->descriptor.async_wait(interest == Interest::read
                                     ? asio::posix::descriptor_base::wait_read
                                     : asio::posix::descriptor_base::wait_write,
                                 on_ready);
}

asio::awaitable<SocketWait::Outcome> SocketWait::wait_on(std::shared_ptr<State> state,
                                                         std::optional<Interest> interest,
                                                         std::chrono::microseconds limit) {
    if (state->interrupted) {
        co_return Outcome::interrupted;
    }
    state->ready = false;
    state->woken = false;
    state->timer.expires_after(limit);
    if (interest) {
        watch(state, *interest);
    }
    co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    state->unwatch();
    if (state->interrupted) {
        co_return Outcome::interrupted;
    }
    if (state->ready) {
        co_return Outcome::ready;
    }
    co_return state->woken ? Outcome::woken : Outcome::time_over;
}

}  // namespace tsb

#include "core/ops/loop_event.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tsb {

namespace asio = boost::asio;

// The timer never expires by itself: cancelling it is what wakes the waiters. `done` is read and
// written on the loop only.
struct LoopEvent::State {
    explicit State(const asio::any_io_executor& loop)
        : timer(loop, asio::steady_timer::time_point::max()) {}
    asio::steady_timer timer;
    bool done = false;
};

LoopEvent::LoopEvent(const asio::any_io_executor& loop) : state_(std::make_shared<State>(loop)) {}

void LoopEvent::set() const {
    asio::post(state_->timer.get_executor(), [state = state_] {
        state->done = true;
        state->timer.cancel();
    });
}

asio::awaitable<void> LoopEvent::wait() const {
    const std::shared_ptr<State> state = state_;
    while (!state->done) {
        boost::system::error_code ignored;
        co_await state->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace tsb

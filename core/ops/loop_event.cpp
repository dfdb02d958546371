#include "core/ops/loop_event.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "core/base/error.hpp"
#include "core/base/fs.hpp"

namespace tsb {

namespace asio = boost::asio;

// Not a handler posted to the loop: a thread that ends while its loop is being destroyed would post
// it into queues that are taken apart at that moment.
struct LoopEvent::State {
    explicit State(const asio::any_io_executor& l)
        : loop(l), event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!event) throw errno_error(errno, "open", "event of a thread");
    }
    bool is_set() const {
        pollfd readable{event.get(), POLLIN, 0};
        return ::poll(&readable, 1, 0) > 0;
    }
    asio::any_io_executor loop;
    Fd event;  // readable from set() on: nobody reads it
};

LoopEvent::LoopEvent(const asio::any_io_executor& loop) : state_(std::make_shared<State>(loop)) {}

void LoopEvent::set() const {
    ::eventfd_write(state_->event.get(), 1);
}

asio::awaitable<void> LoopEvent::wait() const {
    const std::shared_ptr<State> state = state_;
    if (state->is_set()) co_return;
    Fd own(::fcntl(state->event.get(), F_DUPFD_CLOEXEC, 0));
    if (!own) throw errno_error(errno, "open", "event of a thread");
    asio::posix::stream_descriptor watched(state->loop, own.release());
    while (!state->is_set()) {
        boost::system::error_code ignored;
        co_await watched.async_wait(asio::posix::stream_descriptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace tsb

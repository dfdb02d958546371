#include "core/ops/pipeline.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/base/error.hpp"

namespace tsb {

namespace asio = boost::asio;

Pipeline::Pipeline(const asio::any_io_executor& loop, std::function<void(ByteSource&)> work,
                   std::function<void(std::exception_ptr)> on_failure)
    : queue_(pipeline_queue_limit), ended_(loop) {
    thread_ = std::thread(
        [this, loop, work = std::move(work), on_failure = std::move(on_failure)]() mutable {
            try {
                work(queue_);
            } catch (...) {
                failure_ = std::current_exception();
                queue_.abandon(failure_);
                asio::post(loop, [on_failure, cause = failure_] { on_failure(cause); });
            }
            ended_.set();
        });
}

Pipeline::~Pipeline() {
    if (!closed_) {
        fail(std::make_exception_ptr(Error(ErrorCode::cancelled, "pipeline was given up")));
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

asio::awaitable<void> Pipeline::space() {
    const LoopEvent has_space(co_await asio::this_coro::executor);
    queue_.when_space([has_space] { has_space.set(); });
    co_await has_space.wait();
    full_ = false;
}

void Pipeline::finish() {
    closed_ = true;
    queue_.finish();
}

void Pipeline::fail(std::exception_ptr cause) {
    closed_ = true;
    queue_.fail(std::move(cause));
}

asio::awaitable<void> Pipeline::wait() {
    co_await ended_.wait();
    if (thread_.joinable()) {
        thread_.join();
    }
}

asio::awaitable<void> Pipeline::join() {
    co_await wait();
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

}  // namespace tsb

// One blocking look at a time, for whoever asks meanwhile: many that scrape at once, or a
// repository that hangs, cost one thread.
//
// Keeps: who asks waits for a bounded time, however long the look takes. Thread: loop, all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "core/ops/run_on.hpp"

namespace tsb {

template <class Result>
class SharedLook {
public:
    using Work = std::function<Result()>;
    /// A result serves for so long: who asks again and again costs no more than this.
    static constexpr std::chrono::milliseconds serves{1000};

    /// `prepare` is called on the loop when a look begins, and gives its work for a thread.
    SharedLook(boost::asio::any_io_executor loop, std::function<Work()> prepare)
        : loop_(std::move(loop)), prepare_(std::move(prepare)) {}
    SharedLook(const SharedLook&) = delete;

    /// What a look found that ended just now or ends within `limit`; null when none did, or it
    /// threw.
    boost::asio::awaitable<std::shared_ptr<const Result>> get(std::chrono::milliseconds limit) {
        if (!looking_ && std::chrono::steady_clock::now() - ended_ > serves) begin();
        if (!looking_) co_return last_;
        boost::asio::steady_timer timer(loop_, limit);
        const auto waker = wakers_.insert(wakers_.end(), [&timer] { timer.cancel(); });
        boost::system::error_code ignored;
        co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        wakers_.erase(waker);
        co_return looking_ ? nullptr : last_;
    }

    /// Whoever waits gets nothing, at once.
    void stop() { wake(); }

private:
    void begin() {
        looking_ = true;
        boost::asio::co_spawn(loop_, look(prepare_()), boost::asio::detached);
    }

    boost::asio::awaitable<void> look(Work work) {
        last_ = nullptr;
        try {
            Result found = co_await run_on_thread(std::move(work));
            last_ = std::make_shared<const Result>(std::move(found));
        } catch (const std::exception&) {
            // That it could not be found out is the answer; the log has it from others.
            last_ = nullptr;
        }
        looking_ = false;
        ended_ = std::chrono::steady_clock::now();
        wake();
    }

    void wake() {
        for (const std::function<void()>& waker : wakers_) waker();
    }

    boost::asio::any_io_executor loop_;
    const std::function<Work()> prepare_;
    std::shared_ptr<const Result> last_;
    std::chrono::steady_clock::time_point ended_{};
    std::list<std::function<void()>> wakers_;  // of those who wait
    bool looking_ = false;
};

}  // namespace tsb

// The one door from the loop to blocking work: run it on a thread of its own, come back with its
// result or exception.
#pragma once

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <thread>

#include "core/ops/loop_event.hpp"

namespace tsb {

/// Runs `work` on a new thread; the coroutine is suspended meanwhile and resumes on the loop.
/// Jobs are few and long, so a thread for each costs nothing that matters. Give `work` as a named
/// variable: a capturing lambda inside the co_await statement is freed twice by g++ 12.
/// A loop that is destroyed meanwhile destroys the coroutine, and that waits for the work's end.
/// Thread: loop.
template <class Result>
boost::asio::awaitable<Result> run_on_thread(std::function<Result()> work) {
    LoopEvent finished(co_await boost::asio::this_coro::executor);
    std::exception_ptr failure;
    std::optional<Result> result;
    std::jthread thread([&] {  // last: it uses the rest
        try {
            result.emplace(work());
        } catch (...) {
            failure = std::current_exception();
        }
        finished.set();
    });
    co_await finished.wait();
    thread.join();
    if (failure) {
        std::rethrow_exception(failure);
    }
    co_return std::move(*result);
}

/// The same for work without a result.
inline boost::asio::awaitable<void> run_on_thread(std::function<void()> work) {
    std::function<bool()> with_result = [&work] {
        work();
        return true;
    };
    co_await run_on_thread(std::move(with_result));
}

}  // namespace tsb

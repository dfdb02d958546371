// Runs one coroutine on a loop of its own until it is done; what it throws is thrown here.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

namespace tsb::test {

inline void run_coroutine(boost::asio::awaitable<void> coroutine) {
    boost::asio::io_context loop{1};
    std::exception_ptr failure;
    boost::asio::co_spawn(loop, std::move(coroutine),
                          [&](std::exception_ptr thrown) { failure = std::move(thrown); });
    loop.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace tsb::test

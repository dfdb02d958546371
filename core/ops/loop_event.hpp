// A one-shot event: set from any thread, awaited on the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

namespace tsb {

/// Copies share one event. A set() may come after the loop is gone.
class LoopEvent {
public:
    explicit LoopEvent(const boost::asio::any_io_executor& loop);
    /// Thread: any. Repeating it is harmless.
    void set() const;
    /// Returns once set() was called, at once when it was before. Thread: loop, any number of
    /// waiters.
    boost::asio::awaitable<void> wait() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tsb

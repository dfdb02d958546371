// The signals of the daemon: SIGTERM and SIGINT stop it, SIGHUP reloads. Nothing is done in signal
// handlers but by Asio's own. Thread: loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <functional>

namespace tsb {

class DaemonSignals {
public:
    /// Stops `loop` on SIGTERM and SIGINT, calls `reload` on SIGHUP. SIGPIPE is ignored.
    DaemonSignals(boost::asio::io_context& loop, std::function<void()> reload);

    /// Runs what is left in the loop to its end, for at most `grace`; after a second SIGTERM or
    /// SIGINT for at most a second more, calling `look` all the while. False when something is
    /// left: it hangs in a system call.
    bool drain(std::chrono::seconds grace, const std::function<void()>& look);

private:
    void wait();

    boost::asio::io_context& loop_;
    const std::function<void()> reload_;
    boost::asio::signal_set signals_;
};

}  // namespace tsb

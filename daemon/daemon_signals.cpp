#include "daemon/daemon_signals.hpp"

#include <spdlog/fmt/fmt.h>

#include <csignal>

#include "core/base/log.hpp"

namespace tsb {
namespace {

constexpr auto look_interval = std::chrono::milliseconds(100);
constexpr auto hurried_grace = std::chrono::seconds(3);  // a hook has two to end by itself

volatile std::sig_atomic_t asked_again = 0;

extern "C" void note_signal(int) {
    asked_again = 1;
}

}  // namespace

DaemonSignals::DaemonSignals(boost::asio::io_context& loop, std::function<void()> reload)
    : loop_(loop), reload_(std::move(reload)), signals_(loop, SIGTERM, SIGINT, SIGHUP) {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    wait();
}

void DaemonSignals::wait() {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
        if (cancelled) return;
        if (signal == SIGHUP) {
            reload_();
            wait();
            return;
        }
        log(LogLevel::info, "", fmt::format("stopping on signal {}", signal));
        loop_.stop();
    });
}

bool DaemonSignals::drain(std::chrono::seconds grace, const std::function<void()>& look) {
    // A waiting signal_set would keep the loop from running dry. Blocked meanwhile: between the two
    // a signal would end the process.
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ours, signal);
    pthread_sigmask(SIG_BLOCK, &ours, nullptr);
    signals_.clear();
    for (const int signal : {SIGTERM, SIGINT}) static_cast<void>(std::signal(signal, note_signal));
    static_cast<void>(std::signal(SIGHUP, SIG_IGN));
    pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
    using SteadyClock = std::chrono::steady_clock;
    auto deadline = SteadyClock::now() + grace;
    loop_.restart();
    while (!loop_.stopped() && SteadyClock::now() < deadline) {
        look();
        loop_.run_for(look_interval);
        if (asked_again == 0) continue;
        asked_again = 0;
        deadline = std::min(deadline, SteadyClock::now() + hurried_grace);
    }
    return loop_.stopped();
}

}  // namespace tsb

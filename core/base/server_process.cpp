#include "core/base/server_process.hpp"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/stop_event.hpp"

namespace tsb {
namespace {

Fd nothing_to_read() {
    Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null) throw errno_error(errno, "open", "/dev/null");
    return null;
}

/// Until the program has ended, or it is to be ended.
void wait_for_end_or_stop(const ChildProcess& child, const StopEvent& stop) {
    std::array<pollfd, 2> polled = {pollfd{child.handle(), POLLIN, 0},
                                    pollfd{stop.fd(), POLLIN, 0}};
    while (::poll(polled.data(), polled.size(), -1) < 0) {
    }
}

bool ends_within(const ChildProcess& child, std::chrono::milliseconds limit) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
    pollfd polled{child.handle(), POLLIN, 0};
    int ready = -1;
    while (ready < 0) ready = ::poll(&polled, 1, poll_timeout(deadline));
    return ready > 0;
}

void end(const ChildProcess& child, std::chrono::milliseconds grace) {
    if (ends_within(child, std::chrono::milliseconds(0))) return;
    for (const int number : {SIGINT, SIGQUIT}) {
        child.signal_group(number);
        if (ends_within(child, grace)) return;
    }
    child.signal_group(SIGKILL);
}

}  // namespace

ServerProcess::ServerProcess(const ServerLaunch& launch) {
    std::promise<void> started;
    std::future<void> result = started.get_future();
    const auto keep_it = [this, &launch](const std::stop_token& stop, std::promise<void> promise) {
        keep(stop, launch, promise);
    };
    keeper_ = std::jthread(keep_it, std::move(started));
    result.get();
}

void ServerProcess::keep(const std::stop_token& stop, const ServerLaunch& launch,
                         std::promise<void>& started) {
    const std::chrono::milliseconds grace = launch.grace;
    std::optional<StopEvent> stop_event;
    std::optional<ChildProcess> child;
    try {
        stop_event.emplace(stop);
        ChildOptions options;
        options.account = launch.account;
        options.signal_with_thread = SIGQUIT;
        child.emplace(launch.argv, launch.environment, nothing_to_read().get(), launch.output,
                      options);
    } catch (...) {
        started.set_exception(std::current_exception());
        return;
    }
    started.set_value();  // from here on the launch may be gone
    wait_for_end_or_stop(*child, *stop_event);
    end(*child, grace);
    child->reap(Survivors::killed);
    ended_ = true;
}

void ServerProcess::stop() {
    keeper_.request_stop();
    if (keeper_.joinable()) keeper_.join();
}

}  // namespace tsb

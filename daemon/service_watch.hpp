// Keeps the service manager informed while the daemon runs and while it stops: its status line, and
// WATCHDOG=1.
//
// Keeps: the watchdog is fed by a timer of the loop, so a loop that hangs feeds nothing; before
// each time a thread must have started, run and come back, so neither does a process that gets no
// thread any more; and not while a job is stuck (work_watch.hpp). Restarting is the manager's
// business, and loses nothing: what was under way is cleared up or settled by the next start.
//
// Thread: loop, all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "daemon/notices.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/service_manager.hpp"
#include "daemon/service_status.hpp"
#include "daemon/work_watch.hpp"

namespace tsb {

class ServiceWatch {
public:
    /// Between two looks at what the daemon does, or less where the watchdog waits for less.
    static constexpr std::chrono::milliseconds interval{5000};

    ServiceWatch(const boost::asio::any_io_executor& loop, const ServiceManager& manager,
                 Service& service, const Scheduler& scheduler, const Notices& notices,
                 std::chrono::milliseconds pause = interval);
    ServiceWatch(const ServiceWatch&) = delete;

    /// Runs until stop(); returns at once where no manager listens.
    boost::asio::awaitable<void> run();
    void stop();
    /// Between stop() and the end of the process, again and again: asks for the time that jobs
    /// still need, now and then.
    void wait_for_jobs();

    /// What the daemon does, as status_text() shows it.
    ServiceOutlook outlook() const;

private:
    boost::asio::awaitable<void> feed();
    void tell_status();
    void judge_work();

    const ServiceManager& manager_;
    Service& service_;
    const Scheduler& scheduler_;
    const Notices& notices_;
    const std::chrono::milliseconds pause_;
    WorkWatch work_;
    std::string stuck_;      // why the watchdog is not fed; empty: it is
    std::string told_;       // the status line that the manager has
    std::string no_thread_;  // why the last thread did not start; empty: it did
    std::optional<WorkWatch::Time> fed_;
    std::optional<WorkWatch::Time> extended_;
    boost::asio::steady_timer timer_;
    bool stopping_ = false;
};

}  // namespace tsb

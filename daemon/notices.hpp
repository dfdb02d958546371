// What becomes a notice, and when: jobs that end, clusters that become overdue or recover. The
// delivery is notify/notifier.hpp's.
//
// Keeps: each change of a cluster between overdue and recovered is told once, also over restarts.
// Thread: loop, all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/health.hpp"
#include "daemon/notify/notifier.hpp"
#include "daemon/scheduler.hpp"

namespace tsb {

class Notices {
public:
    static constexpr std::chrono::seconds interval{60};  // between two looks at the clusters' age

    Notices(const boost::asio::any_io_executor& loop, Service& service, Scheduler& scheduler);
    Notices(const Notices&) = delete;

    /// Hooks and webhooks from now on; notices that wait for the old ones still go to them.
    void set_config(const NoticeConfig& config);
    /// Looks at the age of the clusters' backups now and then, until stop().
    boost::asio::awaitable<void> watch();
    /// Something may have changed their age: looks at once.
    void wake();
    /// Tells how a job ended, unless somebody cancelled it.
    void tell(const Job& job);
    /// Runs the required hooks of a backup that succeeded; one that fails makes it a failure.
    boost::asio::awaitable<void> require_hooks(Job& job);
    /// Ends watch(); delivers on.
    void stop_watching();
    /// Ends what hooks and webhooks are at, within seconds. Blocks.
    void stop();

    /// The clusters as the last look found them; none before the first.
    const std::vector<ClusterHealthFacts>& facts() const { return facts_; }

    /// Looks at the age of the clusters' backups now, and tells what changed.
    boost::asio::awaitable<void> look();

private:
    boost::asio::awaitable<void> gather(const std::map<std::string, Expectation>& expected);

    Service& service_;
    Scheduler& scheduler_;
    const std::string host_;
    std::shared_ptr<Notifier> notifier_;
    std::vector<std::shared_ptr<Notifier>> retiring_;  // of earlier configurations, at work yet
    std::vector<ClusterHealthFacts> facts_;            // as the last look found them
    std::string problem_;  // why the last look failed; empty: it did not
    boost::asio::steady_timer timer_;
    bool woken_ = false;
    bool stopping_ = false;
};

}  // namespace tsb

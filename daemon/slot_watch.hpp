// Looks whether a backup left a replication slot on its server: a minute after it ended, and a
// minute after the daemon's start, for those that were killed.
//
// Keeps: I9 is looked after, not only hoped for. Drops no slot and ends no session of a server:
// another tsbackup may be at work there. Thread: loop, all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "core/pg/own_slots.hpp"
#include "daemon/service.hpp"

namespace tsb {

class SlotWatch {
public:
    struct Pauses {
        std::chrono::milliseconds first{60000};   // after a start or the end of a backup
        std::chrono::milliseconds again{600000};  // while one is left or the server cannot be asked
    };

    SlotWatch(const boost::asio::any_io_executor& loop, Service& service, Pauses pauses);
    SlotWatch(const SlotWatch&) = delete;

    /// Looks when it is time to, until stop().
    boost::asio::awaitable<void> run();
    void stop();
    /// A backup of the cluster has ended: looks after a while.
    void backup_ended(const std::string& cluster);

    /// The configuration is another one.
    void wake();

    /// A sentence for each slot that the last looks found.
    std::vector<std::string> warnings() const;

private:
    using Time = std::chrono::steady_clock::time_point;

    boost::asio::awaitable<void> look(const ClusterConfig& cluster);
    void take_over(const std::string& cluster, std::vector<OwnSlot> slots);
    bool is_backed_up(const std::string& cluster) const;

    Service& service_;
    const Pauses pauses_;
    boost::asio::steady_timer timer_;
    std::map<std::string, Time> due_;  // by cluster; Time::max(): after its next backup
    std::map<std::string, std::vector<OwnSlot>> left_;
    bool woken_ = false;
    bool stopping_ = false;
};

}  // namespace tsb

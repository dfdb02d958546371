// The control server: connections, limits and time-outs. What a request means is the handler's
// business (verbs.hpp).
//
// Keeps I7: a peer is identified before a byte of it is parsed, frames and waiting times are
// bounded, and whatever a client does ends its own connection only. Each request is logged when it
// has ended: "client uid 1000 pid 4711: backup main: ok".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "core/base/fs.hpp"
#include "daemon/rights.hpp"
#include "daemon/verbs.hpp"
#include "daemon/wire.hpp"

namespace tsb {

struct ControlLimits {
    ControlLimits() = default;
    std::size_t clients = 32;
    std::size_t clients_per_uid = 8;  // but for trusted callers
    std::chrono::milliseconds request_timeout{5000};
    std::chrono::milliseconds write_timeout{5000};
    // Log lines about clients that were refused or sent no request of ours. Those about requests
    // are not limited: each is told.
    std::size_t complaints_per_minute = 20;
};

/// Answers one request. Thread: loop. All references live until the awaitable is done.
using RequestHandler = std::function<boost::asio::awaitable<Outcome>(
    const Caller& caller, const Request& request, const EmitEvent& emit)>;
/// Decides who a peer is.
using PeerCheck = std::function<Caller(const Peer& peer)>;

/// Thread: loop, all of it. The loop must not run any more when it is destroyed.
class ControlServer {
public:
    /// Serves clients of `listener`, a listening Unix socket, from now on.
    ControlServer(const boost::asio::any_io_executor& loop, Fd listener, PeerCheck check,
                  RequestHandler handler, ControlLimits limits);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;

    /// Accepts nobody any more and drops those who have not asked yet. Requests being answered are
    /// answered to their end.
    void stop();
    /// Connected clients.
    std::size_t clients() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace tsb

// What the daemon's tests stand on: a clock at one time, a service on a new repository, work that
// waits until it is stopped.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>

#include "daemon/service.hpp"
#include "daemon/verbs.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

/// 2026-11-23T01:42:24Z, for ever.
const Clock& fixed_clock();

/// Suspends until `stop` is requested, then throws Error{cancelled}.
boost::asio::awaitable<void> wait_for_stop(std::stop_token stop);

/// A server that nobody reaches.
SessionFactory unreachable_server();
/// A server that never answers.
SessionFactory silent_server();

/// A locked repository in a directory of its own, a service with the cluster "main" on it.
class Ground {
public:
    explicit Ground(SessionFactory sessions);
    /// Jobs end first: they use the service, which goes before the loop.
    ~Ground();
    Ground(const Ground&) = delete;

    /// Runs the request to its end; events are collected in `events`.
    Outcome ask(const Request& request, const Caller& caller = local_caller());
    /// Runs the loop until nothing is left to do.
    void run_loop();

    TempDir directory;
    boost::asio::io_context loop{1};
    Repository repository;
    Service service;
    std::vector<Json> events;
};

/// A directory of a backup that is listed, though as broken.
void add_broken_backup(const Ground& ground, const std::string& cluster, const std::string& id);

}  // namespace tsb::test

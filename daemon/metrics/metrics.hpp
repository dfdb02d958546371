// The metrics of the daemon: its endpoint, and what stands on its pages.
//
// Keeps: a repository that is missing or hangs takes neither the page nor the loop with it: after
// `patience` the page says so and holds what the daemon knows itself.
//
// Thread: loop, all of it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "daemon/metrics/gather.hpp"
#include "daemon/metrics/metrics_listener.hpp"
#include "daemon/metrics/page_server.hpp"
#include "daemon/metrics/shared_look.hpp"

namespace tsb {

class Metrics {
public:
    /// How long a page waits for the repository.
    static constexpr std::chrono::milliseconds patience{4000};

    Metrics(const boost::asio::any_io_executor& loop, Service& service, const Scheduler& scheduler);
    Metrics(const Metrics&) = delete;

    /// Another address to listen at, bound but not served yet; nothing where `wanted` is the
    /// present one. Error as MetricsListener.
    std::optional<MetricsListener> prepared(const std::optional<ListenAddress>& wanted) const;
    /// Serves there, and nowhere else any more.
    void listen(MetricsListener listener);
    /// Counts a job that has ended.
    void count(const Job& job) { ended_.count(job); }
    /// Serves nobody any more.
    void stop();

    /// What the endpoint answers.
    boost::asio::awaitable<HttpPage> answer(HttpResource resource);

private:
    boost::asio::awaitable<HttpPage> page();
    boost::asio::awaitable<HttpPage> readiness();

    const boost::asio::any_io_executor loop_;
    Service& service_;
    const Scheduler& scheduler_;
    EndedJobs ended_;
    SharedLook<StoredFacts> stored_;
    SharedLook<bool> presence_;  // of the repository
    MetricsListener listener_;
    std::unique_ptr<PageServer> server_;
};

}  // namespace tsb

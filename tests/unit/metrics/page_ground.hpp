// A page server on a thread of its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <thread>

#include "daemon/metrics/metrics_listener.hpp"
#include "daemon/metrics/page_server.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

/// Answers each resource by its name, on a Unix socket. Its destructor waits until no connection is
/// left.
class PageGround {
public:
    explicit PageGround(PageLimits limits = {}, PageMaker make_page = by_name());
    ~PageGround();
    PageGround(const PageGround&) = delete;

    static PageMaker by_name();
    const std::filesystem::path& path() const { return path_; }
    void stop();

private:
    TempDir directory_;
    std::filesystem::path path_ = directory_.path() / "run" / "metrics.sock";
    boost::asio::io_context loop_{1};
    MetricsListener listener_;
    PageServer server_;
    std::thread thread_;
};

}  // namespace tsb::test

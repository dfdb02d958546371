// An HTTP server for a few pages: connections, limits and time-outs. What is on the pages is the
// handler's business.
//
// Keeps I7: heads, waiting times, requests of a connection and connections are bounded, no body is
// read as one, and whatever a client does ends its own connection only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/base/fs.hpp"
#include "daemon/metrics/http_decision.hpp"

namespace tsb {

struct PageLimits {
    PageLimits() = default;
    std::size_t connections = 16;
    std::size_t head_bytes = 8192;
    std::size_t requests = 1000;  // of one connection
    std::chrono::milliseconds head_timeout{5000};
    std::chrono::milliseconds write_timeout{5000};
    std::chrono::milliseconds leave_timeout{1000};
};

struct HttpPage {
    HttpPage() = default;
    HttpPage(unsigned s, std::string t) : status(s), text(std::move(t)) {}
    unsigned status = 200;
    std::string text;
    std::string content_type = "text/plain; charset=utf-8";
};

/// Makes a page. Thread: loop.
using PageMaker = std::function<boost::asio::awaitable<HttpPage>(HttpResource resource)>;

/// Thread: loop, all of it. The loop must not run any more when it is destroyed, unless stop() was
/// called before.
class PageServer {
public:
    /// Serves clients of `listener`, a listening stream socket, from now on.
    PageServer(const boost::asio::any_io_executor& loop, Fd listener, PageMaker make_page,
               PageLimits limits);
    ~PageServer();
    PageServer(const PageServer&) = delete;

    /// Accepts nobody any more, and ends all connections once they have the answer that is being
    /// made for them.
    void stop();
    std::size_t connections() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace tsb

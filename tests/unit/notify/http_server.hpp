// A web server on a free port of the loopback interface: takes one request after the other, keeps
// it, and does what the test wrote down.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fs.hpp"

namespace tsb::test {

class HttpServer {
public:
    /// What is sent for a request: a whole answer, or one of those below.
    using Reply = std::string;
    static Reply status(int number);  // without a body
    static inline const Reply drop = "drop";
    static inline const Reply silence = "silence";  // the connection stays open

    /// Each request gets the next reply, and the last one is kept for all further requests.
    explicit HttpServer(std::vector<Reply> replies);
    HttpServer(const HttpServer&) = delete;
    ~HttpServer();

    /// http, with a path and a query that nobody is to log.
    std::string url() const;
    /// Head and body of each request so far.
    std::vector<std::string> requests();
    /// True when there were `count` within a minute.
    bool wait_for_requests(std::size_t count);

private:
    void serve();
    void answer(Fd connection);

    const std::vector<Reply> replies_;
    int port_ = 0;  // before the listener, which sets it
    Fd listener_;
    Fd stop_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::string> requests_;  // guarded by mutex_
    std::vector<Fd> silent_;             // of the thread
    std::thread thread_;
};

}  // namespace tsb::test

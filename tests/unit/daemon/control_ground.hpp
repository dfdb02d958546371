// A control server on a real socket and clients of it, as they should be and as they should not.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "daemon/control_server.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

/// A control server on a thread of its own. Its destructor waits until no connection is left.
class ControlGround {
public:
    /// Peers other than this process are strangers to it.
    explicit ControlGround(RequestHandler handler, ControlLimits limits = {},
                           Caller caller = local_caller());
    ~ControlGround();
    ControlGround(const ControlGround&) = delete;

    const std::string& path() const { return path_; }

private:
    TempDir directory_;
    std::string path_ = (directory_.path() / "run" / "control.sock").string();
    boost::asio::io_context loop_{1};
    ControlServer control_;
    std::thread thread_;
};

/// One connection to it.
class ControlClient : public RawClient {
public:
    explicit ControlClient(const ControlGround& server) : RawClient(server.path()) {}

    /// Sends `text` and decodes the next line.
    Outcome ask(const std::string& text);
};

/// What is logged from now on, all levels; nothing of it reaches the terminal.
class LogCapture {
public:
    LogCapture();
    ~LogCapture();
    LogCapture(const LogCapture&) = delete;

    std::string text() const;
    /// Lines with `part` in them.
    std::size_t lines_with(const std::string& part) const;

private:
    TempDir directory_;
    std::string file_ = (directory_.path() / "log").string();
    int before_;
};

}  // namespace tsb::test

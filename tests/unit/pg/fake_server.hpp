// A server of the PostgreSQL protocol on a Unix socket that says byte for byte what a test wrote
// down: what a real server says only when it breaks.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fs.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

// Messages of the server, as bytes.
std::string wire_message(char type, const std::string& body);
std::string wire_rows(const std::string& value);  // one row of one column, and its CommandComplete
std::string wire_copy_out();
std::string wire_copy_both();
std::string wire_copy_data(const std::string& data);
std::string wire_copy_done();
std::string wire_complete();
std::string wire_ready();
std::string wire_error(const std::string& sqlstate, const std::string& text);

class FakeServer {
public:
    /// Accepts one connection, greets it, and sends one reply per query. After the last reply it
    /// closes the connection when `then_close`; otherwise it stays silent until the client closes.
    FakeServer(std::vector<std::string> replies, bool then_close);
    /// Joins the server: the client must have closed its connection.
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    std::string conninfo() const;
    /// All that the client sent after its start-up packet. The client must have closed.
    const std::string& received();

private:
    void serve();

    const std::vector<std::string> replies_;
    const bool then_close_;
    const TempDir directory_;
    Fd listener_;
    std::string received_;
    std::thread thread_;
};

}  // namespace tsb::test

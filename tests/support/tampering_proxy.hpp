// Stands between a client and a real PostgreSQL server, over TCP on the loopback interface and
// without TLS, and lets a test change what the server says: messages of protocol version 3 can be
// changed, dropped, repeated, added or cut off. What the client says is passed on as it is.
//
// The client must connect with sslmode=disable gssencmode=disable, so that messages are readable.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace tsb::test {

/// One message of the server on its way to the client.
struct ServerMessage {
    int session = 0;      // number of the client's connection, from 0
    std::string command;  // what the client asked for last; empty while it logs in
    char type = 0;        // such as 'd' for CopyData
    std::string payload;  // what follows type and length
};

/// What the client gets in place of one message.
class Delivery {
public:
    void message(char type, const std::string& payload);
    void message(const ServerMessage& message) { this->message(message.type, message.payload); }
    /// Bytes that need not be a message.
    void raw(const std::string& bytes) { bytes_ += bytes; }
    /// The connection breaks after what was delivered before.
    void cut() { cut_ = true; }

    const std::string& bytes() const { return bytes_; }
    bool is_cut() const { return cut_; }

private:
    std::string bytes_;
    bool cut_ = false;
};

/// Called for each message of each session, by one thread at a time.
using Tampering = std::function<void(const ServerMessage&, Delivery&)>;

class TamperingProxy {
public:
    explicit TamperingProxy(int server_port);
    ~TamperingProxy();
    TamperingProxy(const TamperingProxy&) = delete;
    TamperingProxy& operator=(const TamperingProxy&) = delete;

    int port() const { return port_; }
    /// For the connections from now on, which are numbered from 0 again. Empty: all is passed on.
    void tamper(Tampering tampering);
    /// Messages that were not delivered as they came, since tamper() was called.
    int changed() const { return changed_; }

private:
    class Link;
    void accept_clients();
    Delivery deliver(const Tampering& tampering, const ServerMessage& message);

    const int server_port_;
    int port_ = 0;  // set by making listener_
    const int listener_;
    std::mutex mutex_;
    Tampering tampering_;   // guarded by mutex_
    int next_session_ = 0;  // guarded by mutex_
    std::atomic<int> changed_ = 0;
    std::list<std::unique_ptr<Link>> links_;  // the accepting thread's
    std::thread accepting_;
};

}  // namespace tsb::test

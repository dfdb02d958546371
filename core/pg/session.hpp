// The replication session seam: what a backup needs of one connection to PostgreSQL, and no more.
// LibpqSession speaks to servers; tests script the events.
//
// Thread: loop, all of it. A session is used by one coroutine at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace tsb {

struct ResultSet {
    ResultSet() = default;
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
};

/// One thing the server said, in protocol order.
struct SessionEvent {
    enum class Kind {
        rows,       // a result set
        copy_out,   // COPY to us begins
        copy_both,  // streaming replication begins
        copy_data,  // one CopyData message, never empty
        copy_done,  // the server ended its COPY
        complete,   // CommandComplete of one command
        idle,       // ReadyForQuery: nothing more will come
        woken,      // nothing was said: wake() ended the wait
    };
    SessionEvent() = default;
    explicit SessionEvent(Kind k) : kind(k) {}
    Kind kind = Kind::idle;
    ResultSet rows;
    Chunk data;
};

class ReplicationSession {
public:
    virtual ~ReplicationSession() = default;

    /// For example 150018. Zero is never returned.
    virtual int server_version() const = 0;
    /// Sends a command and collects its last result set. Any error is thrown with its own code
    /// (Error{server_error} when none fits).
    virtual boost::asio::awaitable<ResultSet> execute(std::string command,
                                                      std::chrono::seconds stall_limit) = 0;
    /// Sends a command whose answer is then read with next().
    virtual boost::asio::awaitable<void> send(std::string command) = 0;
    /// The next event. Error{stalled} when no byte comes for `stall_limit`; Error{cancelled} after
    /// a stop was requested; Error{connection} when the connection is lost; the server's error
    /// with its own code.
    virtual boost::asio::awaitable<SessionEvent> next(std::chrono::seconds stall_limit) = 0;
    /// Sends one CopyData message to the server.
    virtual boost::asio::awaitable<void> put_copy(std::vector<std::byte> message) = 0;
    /// Sends CopyDone.
    virtual boost::asio::awaitable<void> end_copy() = 0;
    /// A next() that waits for the server right now gives an event of kind woken instead. Without
    /// such a wait nothing happens.
    virtual void wake() noexcept = 0;
    /// Closes the connection at once; the server ends a base backup and drops temporary slots.
    virtual void close() noexcept = 0;
};

/// How to reach a server. The password is read from its file when connecting and kept nowhere.
struct ConnectOptions {
    ConnectOptions() = default;
    std::string conninfo;       // libpq keywords or URI, without a password
    std::string password_file;  // or a credential; empty: libpq's own ways (~/.pgpass, peer)
    bool replication = true;    // physical replication session; false: SQL
    std::string database;       // overrides dbname (SQL sessions); empty: as conninfo says
    std::string application_name = "tsbackup";
    std::chrono::seconds timeout{15};  // per host, unless conninfo sets connect_timeout
};

/// Connects; in tests, gives a scripted session. Connecting runs off the loop and is given up when
/// `stop` is requested.
using SessionFactory = std::function<boost::asio::awaitable<std::unique_ptr<ReplicationSession>>(
    ConnectOptions options, std::stop_token stop)>;

}  // namespace tsb

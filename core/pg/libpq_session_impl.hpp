// The session over one open libpq connection. Internal: made by libpq_sessions() alone.
//
// Everything the server still sent before a connection broke is delivered before the loss is
// reported, so that "terminating connection due to administrator command" is not lost. The end of
// a COPY is told only when what follows it is known to be no error, because libpq reports both the
// same way.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "core/pg/libpq_handle.hpp"
#include "core/pg/libpq_result.hpp"
#include "core/pg/session.hpp"
#include "core/pg/socket_wait.hpp"

namespace tsb {

class LibpqSession : public ReplicationSession {
public:
    /// Takes an open connection. Error{connection} when it cannot be made non-blocking.
    LibpqSession(const boost::asio::any_io_executor& executor, PgConnPtr connection,
                 std::stop_token stop);

    int server_version() const override { return server_version_; }
    boost::asio::awaitable<ResultSet> execute(std::string command,
                                              std::chrono::seconds stall_limit) override;
    boost::asio::awaitable<void> send(std::string command) override;
    boost::asio::awaitable<SessionEvent> next(std::chrono::seconds stall_limit) override;
    boost::asio::awaitable<void> put_copy(std::vector<std::byte> message) override;
    boost::asio::awaitable<void> end_copy() override;
    void wake() noexcept override { socket_.wake(); }
    void close() noexcept override;

private:
    boost::asio::awaitable<ResultSet> collect_result(std::chrono::seconds stall_limit);
    /// Repeats `attempt`, one of libpq's put calls, until its buffer takes it; then flushes.
    boost::asio::awaitable<void> put(const std::function<int()>& attempt);
    boost::asio::awaitable<void> flush();
    /// True when wake() ended it.
    boost::asio::awaitable<bool> wait(SocketWait::Interest interest, std::chrono::seconds limit);
    boost::asio::awaitable<void> let_others_run();
    /// Until there may be more to read; true when wake() ended it.
    boost::asio::awaitable<bool> gap(std::chrono::seconds stall_limit);
    std::optional<SessionEvent> take_event();
    std::optional<SessionEvent> take_copy_data();
    std::optional<SessionEvent> take_result();
    SessionEvent event_of(PgResultPtr result);
    void consume_input();
    void require_open() const;

    NoticeLog notices_;
    PgConnPtr connection_;  // empty once closed
    SocketWait socket_;
    int server_version_;
    bool in_copy_ = false;
    unsigned events_in_a_row_ = 0;   // given without giving way to the rest of the loop
    unsigned events_since_gap_ = 0;  // given since there was nothing to read
    bool gathering_ = false;         // the last gap was a pause, not a wait
    std::chrono::microseconds gathering_time_{100};
    bool copy_ended_ = false;              // and not yet told
    std::optional<SessionEvent> pending_;  // comes after the end of the COPY
    std::string loss_;                     // why the connection broke; empty while it has not
    std::stop_token stop_;
    struct Interrupt {
        SocketWait* socket;
        void operator()() const noexcept { socket->interrupt(); }
    };
    std::stop_callback<Interrupt> on_stop_;
};

}  // namespace tsb

#include "core/pg/libpq_session.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "core/base/error.hpp"
#include "core/pg/libpq_session_impl.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

// What we send is far smaller than a socket's buffer, so a wait here means that the server reads
// nothing. Input is not taken in meanwhile: a server that only sends could fill our memory.
constexpr std::chrono::seconds send_limit{60};
constexpr std::chrono::seconds skip_limit{10};
// 32 KiB each in a base backup.
constexpr unsigned most_events_in_a_row = 32;
// A local socket holds at most six of them: with so many there the server may already be waiting.
constexpr unsigned few_events = 2;
constexpr unsigned many_events = 4;
constexpr std::chrono::microseconds shortest_gathering{50};
constexpr std::chrono::microseconds longest_gathering{1000};

Error lost(const std::string& reason) {
    return {ErrorCode::connection, "the connection to the server was lost: " +
                                       (reason.empty() ? "what it sent makes no sense" : reason)};
}

/// The first line of libpq's text; the rest guesses at causes.
std::string reason_of(std::string_view text) {
    return one_line(text.substr(0, text.find('\n')));
}

}  // namespace

int libpq_version() {
    return PQlibVersion();
}

LibpqSession::LibpqSession(const asio::any_io_executor& executor, PgConnPtr connection,
                           std::stop_token stop)
    : connection_(std::move(connection)),
      socket_(executor, PQsocket(connection_.get())),
      server_version_(PQserverVersion(connection_.get())),
      stop_(std::move(stop)),
      on_stop_(stop_, Interrupt{&socket_}) {
    notices_.listen_to(connection_.get());
    if (server_version_ <= 0) {
        throw Error(ErrorCode::protocol, "the server does not tell its version");
    }
    if (PQsetnonblocking(connection_.get(), 1) != 0) {
        throw lost(reason_of(PQerrorMessage(connection_.get())));
    }
}

void LibpqSession::close() noexcept {
    socket_.release();
    connection_.reset();
}

asio::awaitable<ResultSet> LibpqSession::execute(std::string command,
                                                 std::chrono::seconds stall_limit) {
    co_await send(std::move(command));
    std::exception_ptr failure;
    try {
        co_return co_await collect_result(stall_limit);
    } catch (const Error&) {
        failure = std::current_exception();
    }
    // The session stays usable after a refused command: what follows the error is read away.
    try {
        co_await collect_result(skip_limit);
    } catch (const Error&) {
        close();
    }
    std::rethrow_exception(failure);
}

asio::awaitable<ResultSet> LibpqSession::collect_result(std::chrono::seconds stall_limit) {
    ResultSet last;
    for (;;) {
        auto event = co_await next(stall_limit);
        switch (event.kind) {
            case SessionEvent::Kind::rows:
                last = std::move(event.rows);
                break;
            case SessionEvent::Kind::complete:
            case SessionEvent::Kind::woken:
                break;
            case SessionEvent::Kind::idle:
                co_return last;
            default:
                throw Error(ErrorCode::protocol, "the server began a COPY nobody asked for");
        }
    }
}

asio::awaitable<void> LibpqSession::send(std::string command) {
    require_open();
    if (PQsendQuery(connection_.get(), command.c_str()) != 1) {
        throw lost(reason_of(PQerrorMessage(connection_.get())));
    }
    co_await flush();
}

asio::awaitable<SessionEvent> LibpqSession::next(std::chrono::seconds stall_limit) {
    // Before each wait the socket is read once: when the server is faster than we are, no wait
    // is needed at all.
    bool read = false;
    for (;;) {
        require_open();
        if (auto event = take_event()) {
            ++events_since_gap_;
            co_await let_others_run();
            co_return std::move(*event);
        }
        if (!loss_.empty()) {
            throw lost(loss_);
        }
        if (read && co_await gap(stall_limit)) {
            co_return SessionEvent(SessionEvent::Kind::woken);
        }
        consume_input();
        read = !read;
    }
}

/// Servers write 8 KiB at a time, and to wake up for each costs more than to read it. So while
/// anything comes at all it is let gather for a moment, as long as it takes for a few messages.
asio::awaitable<bool> LibpqSession::gap(std::chrono::seconds stall_limit) {
    const unsigned came = std::exchange(events_since_gap_, 0);
    events_in_a_row_ = 0;
    if (in_copy_ && (came > 0 || !gathering_)) {
        if (came >= many_events) {
            gathering_time_ = std::max(gathering_time_ / 2, shortest_gathering);
        } else if (came < few_events) {
            gathering_time_ = std::min(gathering_time_ * 2, longest_gathering);
        }
        gathering_ = true;
        const auto outcome = co_await socket_.pause(gathering_time_);
        co_return outcome == SocketWait::Outcome::woken;
    }
    gathering_ = false;
    co_return co_await wait(SocketWait::Interest::read, stall_limit);
}

/// A server that always has something to say must not keep the loop from everybody else.
asio::awaitable<void> LibpqSession::let_others_run() {
    if (++events_in_a_row_ < most_events_in_a_row) {
        co_return;
    }
    events_in_a_row_ = 0;
    const auto loop = co_await asio::this_coro::executor;
    co_await asio::post(loop, asio::use_awaitable);
}

asio::awaitable<void> LibpqSession::put_copy(std::vector<std::byte> message) {
    const std::function<int()> attempt = [&] {
        return PQputCopyData(connection_.get(), reinterpret_cast<const char*>(message.data()),
                             static_cast<int>(message.size()));
    };
    co_await put(attempt);
}

asio::awaitable<void> LibpqSession::end_copy() {
    const std::function<int()> attempt = [&] { return PQputCopyEnd(connection_.get(), nullptr); };
    co_await put(attempt);
}

asio::awaitable<void> LibpqSession::put(const std::function<int()>& attempt) {
    require_open();
    if (pending_) {
        co_return;  // the COPY is over in both directions; libpq would note an error of ours
    }
    // Zero: libpq's buffer is full. Negative: the server ended the COPY or the connection broke;
    // next() says which.
    while (attempt() == 0) {
        co_await wait(SocketWait::Interest::write, send_limit);
    }
    co_await flush();
}

asio::awaitable<void> LibpqSession::flush() {
    for (;;) {
        require_open();
        const int state = PQflush(connection_.get());
        if (state < 0) {
            loss_ = reason_of(PQerrorMessage(connection_.get()));
        }
        // After a loss next() first delivers what the server said before it.
        if (state <= 0 || !loss_.empty()) {
            co_return;
        }
        co_await wait(SocketWait::Interest::write, send_limit);
    }
}

asio::awaitable<bool> LibpqSession::wait(SocketWait::Interest interest,
                                         std::chrono::seconds limit) {
    const auto outcome = co_await socket_.wait(interest, limit);
    require_open();
    if (outcome == SocketWait::Outcome::time_over) {
        const auto* const what = interest == SocketWait::Interest::read ? "sent" : "took";
        throw Error(ErrorCode::stalled, std::string("the server ") + what + " nothing for " +
                                            std::to_string(limit.count()) + " s");
    }
    co_return outcome == SocketWait::Outcome::woken;
}

void LibpqSession::consume_input() {
    if (PQconsumeInput(connection_.get()) != 1 && loss_.empty()) {
        loss_ = reason_of(PQerrorMessage(connection_.get()));
    }
}

std::optional<SessionEvent> LibpqSession::take_event() {
    if (pending_) {
        return std::exchange(pending_, std::nullopt);
    }
    if (in_copy_) {
        auto data = take_copy_data();
        if (in_copy_) {
            return data;
        }
    }
    auto event = take_result();
    if (!event || !copy_ended_) {
        return event;
    }
    copy_ended_ = false;
    if (event->kind != SessionEvent::Kind::copy_done) {
        pending_ = std::move(event);
    }
    return SessionEvent(SessionEvent::Kind::copy_done);
}

/// One message of the COPY; at its end clears in_copy_ and gives nothing.
std::optional<SessionEvent> LibpqSession::take_copy_data() {
    char* buffer = nullptr;
    const int size = PQgetCopyData(connection_.get(), &buffer, 1);
    if (size > 0) {
        SessionEvent event(SessionEvent::Kind::copy_data);
        event.data = Chunk(buffer, PQfreemem,
                           as_bytes(std::string_view(buffer, static_cast<std::size_t>(size))));
        return event;
    }
    if (size < -1) {
        throw lost(reason_of(PQerrorMessage(connection_.get())));
    }
    in_copy_ = size == 0;
    copy_ended_ = !in_copy_;
    return std::nullopt;
}

std::optional<SessionEvent> LibpqSession::take_result() {
    // On a broken connection PQgetResult never waits, and gives the errors that came before.
    if (loss_.empty() && PQisBusy(connection_.get()) != 0) {
        return std::nullopt;
    }
    PgResultPtr result(PQgetResult(connection_.get()));
    if (!result) {
        return loss_.empty() ? std::optional(SessionEvent(SessionEvent::Kind::idle)) : std::nullopt;
    }
    return event_of(std::move(result));
}

SessionEvent LibpqSession::event_of(PgResultPtr result) {
    switch (PQresultStatus(result.get())) {
        case PGRES_TUPLES_OK: {
            SessionEvent event(SessionEvent::Kind::rows);
            event.rows = rows_of(result.get());
            return event;
        }
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
            return SessionEvent(SessionEvent::Kind::complete);
        case PGRES_COPY_OUT:
            in_copy_ = true;
            return SessionEvent(SessionEvent::Kind::copy_out);
        case PGRES_COPY_BOTH:
            in_copy_ = true;
            return SessionEvent(SessionEvent::Kind::copy_both);
        case PGRES_COPY_IN:
            // The server ended its half of a COPY in both directions; ours is still open.
            if (copy_ended_) {
                return SessionEvent(SessionEvent::Kind::copy_done);
            }
            throw Error(ErrorCode::protocol, "the server asks for a COPY from us");
        default:
            break;
    }
    const auto message = message_of(result.get());
    if (!message.sqlstate.empty()) {
        throw command_error(message);
    }
    throw lost(reason_of(message.primary));
}

void LibpqSession::require_open() const {
    if (stop_.stop_requested()) {
        throw Error(ErrorCode::cancelled, "stopped on request");
    }
    if (!connection_) {
        throw Error(ErrorCode::connection, "the session is closed");
    }
}

}  // namespace tsb

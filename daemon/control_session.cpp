#include "daemon/control_session.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tsb {

namespace asio = boost::asio;

namespace {

/// Shuts a socket down when it lives for longer than `limit`: what waits on the socket then fails.
class Deadline {
public:
    Deadline(ControlSession::Socket& socket, std::chrono::milliseconds limit)
        : timer_(socket.get_executor(), limit), state_(std::make_shared<State>(State{&socket})) {
        timer_.async_wait([state = state_](const boost::system::error_code& cancelled) {
            if (cancelled || state->socket == nullptr) return;
            state->expired = true;
            boost::system::error_code ignored;
            state->socket->cancel(ignored);
        });
    }
    // The handler may already be queued when the timer is cancelled.
    ~Deadline() { state_->socket = nullptr; }
    Deadline(const Deadline&) = delete;

    bool expired() const { return state_->expired; }

private:
    struct State {
        ControlSession::Socket* socket;
        bool expired = false;
    };
    asio::steady_timer timer_;
    std::shared_ptr<State> state_;
};

}  // namespace

ControlSession::ControlSession(Socket socket, Caller caller,
                               std::chrono::milliseconds write_timeout)
    : socket_(std::move(socket)), caller_(std::move(caller)), write_timeout_(write_timeout) {}

void ControlSession::refuse(const Error& error) {
    const std::string line = encode_line(encode_outcome(Outcome(Json::object(), error)));
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.write_some(asio::buffer(line), ignored);
    socket_.close(ignored);
}

asio::awaitable<void> ControlSession::run(const RequestHandler& handler,
                                          std::chrono::milliseconds request_timeout) {
    Outcome found = co_await outcome(handler, request_timeout);
    ended_ = true;
    failure_ = found.failure;
    Json last = encode_outcome(std::move(found));
    co_await send(std::move(last));
}

asio::awaitable<Outcome> ControlSession::outcome(const RequestHandler& handler,
                                                 std::chrono::milliseconds request_timeout) {
    const EmitEvent emit = [this](Json event) { return send(std::move(event)); };
    std::exception_ptr thrown;
    try {
        const std::string line = co_await read_line(request_timeout);
        asked_ = true;
        request_ = decode_request(line);
        co_return co_await handler(caller_, *request_, emit);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (gone_) std::rethrow_exception(thrown);
    co_return outcome_of(thrown);
}

asio::awaitable<std::string> ControlSession::read_line(std::chrono::milliseconds timeout) {
    std::string buffer;
    boost::system::error_code failed;
    const Deadline deadline(socket_, timeout);
    const std::size_t length =
        co_await asio::async_read_until(socket_, asio::dynamic_buffer(buffer, request_limit), '\n',
                                        asio::redirect_error(asio::use_awaitable, failed));
    if (deadline.expired()) leave("no request in time");
    if (failed == asio::error::not_found) {
        throw Error(ErrorCode::usage, "cannot read the request: longer than 64 KiB");
    }
    if (failed) leave(failed.message());
    buffer.resize(length - 1);
    co_return buffer;
}

asio::awaitable<void> ControlSession::send(Json value) {
    const std::string line = encode_line(value);
    boost::system::error_code failed;
    const Deadline deadline(socket_, write_timeout_);
    co_await asio::async_write(socket_, asio::buffer(line),
                               asio::redirect_error(asio::use_awaitable, failed));
    if (failed) leave(deadline.expired() ? "it does not read" : failed.message());
}

void ControlSession::leave(const std::string& why) {
    gone_ = true;
    throw Error(ErrorCode::daemon_unreachable, why);
}

void ControlSession::drop_unless_asked() {
    if (asked_) return;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

}  // namespace tsb

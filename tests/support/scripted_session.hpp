// A ReplicationSession that says what a test wrote down beforehand and records what it was told.
//
// The script is a queue: events, errors and actions (run when they are reached). execute() takes
// from the same queue up to the next idle event. Any call can be made the one that fails.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/pg/session.hpp"

namespace tsb::test {

class ScriptedSession : public ReplicationSession {
public:
    using Row = std::vector<std::optional<std::string>>;

    explicit ScriptedSession(int version = 150018) : version_(version) {}

    // The script; each returns the session, so that calls can be chained.
    ScriptedSession& say(SessionEvent event) { return push(std::move(event)); }
    ScriptedSession& say(SessionEvent::Kind kind) { return push(SessionEvent(kind)); }
    ScriptedSession& fail(Error error) { return push(std::move(error)); }
    ScriptedSession& then(std::function<void()> action) { return push(std::move(action)); }
    ScriptedSession& rows(std::vector<Row> rows) {
        SessionEvent event(SessionEvent::Kind::rows);
        event.rows.rows = std::move(rows);
        return push(std::move(event));
    }
    ScriptedSession& data(std::vector<std::byte> message) {
        SessionEvent event(SessionEvent::Kind::copy_data);
        event.data = Chunk(std::move(message));
        return push(std::move(event));
    }
    /// The whole answer to a simple command.
    ScriptedSession& answer(std::vector<Row> rows_of_answer) {
        return rows(std::move(rows_of_answer)).say(SessionEvent::Kind::idle);
    }

    // What was recorded.
    std::vector<std::string> commands;
    std::vector<std::vector<std::byte>> messages;  // put_copy
    int copies_ended = 0;
    bool closed = false;
    int calls = 0;

    /// The call with this number, counted from 1, throws Error{connection}. 0: none.
    int failing_call = 0;

    bool script_is_over() const { return script_.empty(); }

    int server_version() const override { return version_; }

    boost::asio::awaitable<ResultSet> execute(std::string command, std::chrono::seconds) override {
        count_call();
        commands.push_back(std::move(command));
        ResultSet last;
        for (;;) {
            auto event = take();
            if (event.kind == SessionEvent::Kind::idle) {
                co_return last;
            }
            if (event.kind == SessionEvent::Kind::rows) {
                last = std::move(event.rows);
            }
        }
    }

    boost::asio::awaitable<void> send(std::string command) override {
        count_call();
        commands.push_back(std::move(command));
        co_return;
    }

    boost::asio::awaitable<SessionEvent> next(std::chrono::seconds) override {
        count_call();
        co_return take();
    }

    boost::asio::awaitable<void> put_copy(std::vector<std::byte> message) override {
        count_call();
        messages.push_back(std::move(message));
        co_return;
    }

    boost::asio::awaitable<void> end_copy() override {
        count_call();
        ++copies_ended;
        co_return;
    }

    void wake() noexcept override {}

    void close() noexcept override { closed = true; }

private:
    using Step = std::variant<SessionEvent, Error, std::function<void()>>;

    ScriptedSession& push(Step step) {
        script_.push_back(std::move(step));
        return *this;
    }

    void count_call() {
        if (++calls == failing_call) {
            throw Error(ErrorCode::connection, "scripted loss of the connection");
        }
    }

    SessionEvent take() {
        while (!script_.empty()) {
            auto step = std::move(script_.front());
            script_.pop_front();
            if (auto* event = std::get_if<SessionEvent>(&step)) {
                return std::move(*event);
            }
            if (const auto* error = std::get_if<Error>(&step)) {
                throw *error;
            }
            std::get<std::function<void()>>(step)();
        }
        throw Error(ErrorCode::internal, "the script is over");
    }

    const int version_;
    std::deque<Step> script_;
};

/// Hands out sessions in the order they were given, and records how each was asked for. Errors
/// may stand in a session's place.
class ScriptedServer {
public:
    void expect(std::unique_ptr<ScriptedSession> session) { queue_.push_back(std::move(session)); }
    void refuse(Error error) { queue_.push_back(std::move(error)); }

    std::vector<ConnectOptions> asked;

    /// Must not outlive the server.
    SessionFactory factory() {
        return
            [this](ConnectOptions options, std::stop_token) { return connect(std::move(options)); };
    }

private:
    using Step = std::variant<std::unique_ptr<ScriptedSession>, Error>;

    boost::asio::awaitable<std::unique_ptr<ReplicationSession>> connect(ConnectOptions options) {
        asked.push_back(std::move(options));
        if (queue_.empty()) {
            throw Error(ErrorCode::internal, "no session was scripted");
        }
        auto step = std::move(queue_.front());
        queue_.pop_front();
        if (const auto* error = std::get_if<Error>(&step)) {
            throw *error;
        }
        co_return std::move(std::get<std::unique_ptr<ScriptedSession>>(step));
    }

    std::deque<Step> queue_;
};

}  // namespace tsb::test

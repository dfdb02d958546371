#include "tests/unit/ops/synthetic_server.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <utility>

#include "tests/unit/ops/server_script.hpp"

namespace tsb::test {

namespace asio = boost::asio;

struct SyntheticServer::State {
    unsigned sessions_made = 0;
    unsigned sessions_open = 0;
    unsigned events = 0;
    unsigned events_of_role[2] = {0, 0};
    bool failed = false;
    std::vector<std::string> commands;

    /// Counts one event; throws when it is the one to fail.
    void count(Role role, const ServerSettingsAndFaults& settings) {
        const unsigned number = ++events_of_role[static_cast<int>(role)];
        ++events;
        if (settings.on_event) {
            settings.on_event(events);
        }
        if (role == settings.failing_role && number == settings.failing_event) {
            failed = true;
            throw settings.failure;
        }
    }
};

class SyntheticServer::Session : public ReplicationSession {
public:
    Session(const ServerSettingsAndFaults& settings, std::shared_ptr<State> state, Role role,
            std::stop_token stop)
        : settings_(settings), state_(std::move(state)), role_(role), stop_(std::move(stop)) {
        ++state_->sessions_open;
    }
    ~Session() override { close(); }

    int server_version() const override { return settings_.cluster.server_version; }

    asio::awaitable<ResultSet> execute(std::string command, std::chrono::seconds) override {
        state_->commands.push_back(command);
        co_await step();
        state_->count(role_, settings_);
        co_return answer_of(command, settings_, role_);
    }

    asio::awaitable<void> send(std::string command) override {
        state_->commands.push_back(command);
        co_await step();
        streams_wal_ = command.starts_with("START_REPLICATION");
        script_ = streams_wal_ ? wal_script(settings_) : backup_script(settings_, command);
    }

    asio::awaitable<SessionEvent> next(std::chrono::seconds) override {
        co_await step();
        if (!script_.empty()) {
            state_->count(role_, settings_);
            SessionEvent event = std::move(script_.front());
            script_.pop_front();
            co_return event;
        }
        if (streams_wal_ && !copy_ended_) {
            // How many of these there are depends on threads, so only the first is an event.
            if (!std::exchange(idle_, true)) {
                state_->count(role_, settings_);
            }
            co_return keepalive(settings_);
        }
        if (!last_error_given_ && settings_.last_error && role_ == Role::data) {
            last_error_given_ = true;
            throw *settings_.last_error;
        }
        throw Error(ErrorCode::connection, "the script of the session has ended");
    }

    asio::awaitable<void> put_copy(std::vector<std::byte>) override { co_await step(); }

    asio::awaitable<void> end_copy() override {
        co_await step();
        copy_ended_ = true;
        script_ = wal_end_script();
    }

    void wake() noexcept override {}

    void close() noexcept override {
        if (!std::exchange(closed_, true)) {
            --state_->sessions_open;
        }
    }

private:
    /// Goes through the loop, as every answer of a real server does.
    asio::awaitable<void> step() {
        const asio::any_io_executor loop = co_await asio::this_coro::executor;
        co_await asio::post(loop, asio::use_awaitable);
        if (stop_.stop_requested()) {
            throw Error(ErrorCode::cancelled, "the job was cancelled");
        }
        if (closed_) {
            throw Error(ErrorCode::connection, "the session is closed");
        }
    }

    const ServerSettingsAndFaults& settings_;
    const std::shared_ptr<State> state_;
    const Role role_;
    const std::stop_token stop_;
    std::deque<SessionEvent> script_;
    bool streams_wal_ = false;
    bool copy_ended_ = false;
    bool idle_ = false;
    bool last_error_given_ = false;
    bool closed_ = false;
};

SyntheticServer::SyntheticServer(SyntheticCluster cluster)
    : settings_(std::make_unique<ServerSettingsAndFaults>()), state_(std::make_shared<State>()) {
    settings_->cluster = std::move(cluster);
}

SyntheticServer::~SyntheticServer() = default;

SessionFactory SyntheticServer::factory() {
    return [this](ConnectOptions options,
                  std::stop_token stop) -> asio::awaitable<std::unique_ptr<ReplicationSession>> {
        if (!options.replication) {
            throw Error(ErrorCode::connection, "this server speaks no SQL");
        }
        const Role role = state_->sessions_made++ == 0 ? Role::data : Role::wal;
        state_->count(role, *settings_);
        co_return std::make_unique<Session>(*settings_, state_, role, std::move(stop));
    };
}

void SyntheticServer::begin_anew() {
    *state_ = State{};
}

bool SyntheticServer::failed() const {
    return state_->failed;
}

unsigned SyntheticServer::open_sessions() const {
    return state_->sessions_open;
}

const std::vector<std::string>& SyntheticServer::commands() const {
    return state_->commands;
}

}  // namespace tsb::test

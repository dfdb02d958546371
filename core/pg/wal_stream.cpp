#include "core/pg/wal_stream.hpp"

#include <algorithm>
#include <chrono>

#include "core/base/error.hpp"
#include "core/pg/commands.hpp"
#include "core/pg/copy_message.hpp"
#include "core/pg/result_fields.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

using Kind = SessionEvent::Kind;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t max_history_size = std::size_t{1} << 20;

std::int64_t microseconds_since_2000() {
    constexpr std::chrono::sys_days epoch = std::chrono::year{2000} / 1 / 1;
    const auto now = std::chrono::system_clock::now() - epoch;
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

[[noreturn]] void protocol_error(const std::string& what) {
    throw Error(ErrorCode::protocol, "WAL stream: " + what);
}

/// The next timeline, from the result set that follows the end of a historic one.
struct Switch {
    Timeline timeline = 0;
    Lsn position;
};

class WalStreamer {
public:
    WalStreamer(ReplicationSession& session, const WalStreamOptions& options, const WalStop& stop,
                WalSink& sink, WalHeard heard)
        : session_(session),
          options_(options),
          stop_(stop),
          sink_(sink),
          heard_(std::move(heard)),
          timeline_(options.timeline),
          position_(segment_start(options.start, options.segment_size)) {}

    asio::awaitable<void> run() {
        while (!reached_end()) {
            co_await store_history();
            co_await begin();
            while (in_copy_ && !reached_end()) {
                co_await take_message();
            }
            co_await finish_copy();
            co_await close_segment();
            if (!reached_end()) {
                follow_switch();
            }
        }
    }

private:
    bool reached_end() const { return stop_.end && position_ >= *stop_.end; }
    bool at_segment_start() const {
        return position_ == segment_start(position_, options_.segment_size);
    }

    asio::awaitable<void> store_history();
    asio::awaitable<void> begin();
    asio::awaitable<void> take_message();
    asio::awaitable<std::optional<SessionEvent>> next_or_ping();
    asio::awaitable<void> take_wal(WalMessage message);
    asio::awaitable<void> send_status(bool reply);
    asio::awaitable<void> finish_copy();
    asio::awaitable<void> close_segment();
    void take_switch(const ResultSet& result);
    void follow_switch();

    ReplicationSession& session_;
    const WalStreamOptions& options_;
    const WalStop& stop_;
    WalSink& sink_;
    const WalHeard heard_;
    Timeline timeline_;
    Lsn position_;    // of the next byte
    Lsn server_end_;  // the furthest that was told
    bool in_copy_ = false;
    std::chrono::seconds silence_{0};  // since the last message
    std::optional<Switch> switch_;
    SteadyClock::time_point last_status_ = SteadyClock::now();
};

asio::awaitable<void> WalStreamer::store_history() {
    if (timeline_ <= 1) {
        co_return;
    }
    const auto result =
        co_await session_.execute(timeline_history_command(timeline_), options_.stall_limit);
    require_shape(result, 1, 2);
    auto name = text_field(result, 0, 0);
    auto content = text_field(result, 0, 1);
    if (name != timeline_history_name(timeline_) || content.size() > max_history_size) {
        protocol_error("malformed history of timeline " + std::to_string(timeline_));
    }
    co_await sink_.history(std::move(name), std::move(content));
}

asio::awaitable<void> WalStreamer::begin() {
    switch_.reset();
    co_await session_.send(start_replication_command(options_.slot, position_, timeline_));
    auto event = co_await session_.next(options_.stall_limit);
    while (event.kind == Kind::woken) {
        event = co_await session_.next(options_.stall_limit);
    }
    // A timeline that ended before the position is answered by its successor at once.
    if (event.kind == Kind::rows) {
        take_switch(event.rows);
        co_return;
    }
    if (event.kind != Kind::copy_both) {
        protocol_error("replication did not begin");
    }
    in_copy_ = true;
}

asio::awaitable<void> WalStreamer::take_message() {
    const auto event = co_await next_or_ping();
    if (!event || event->kind == Kind::woken) {
        co_return;
    }
    if (event->kind == Kind::copy_done) {
        in_copy_ = false;
        co_return;
    }
    if (event->kind != Kind::copy_data || event->data.size() > max_copy_message) {
        protocol_error("unexpected message");
    }
    const auto message = parse_wal_message(event->data.bytes());
    if (!message.keepalive) {
        co_await take_wal(message);
    }
    const bool due = SteadyClock::now() - last_status_ >= options_.status_interval;
    if (message.reply_requested || due) {
        co_await send_status(false);
    }
    // A keepalive tells what was sent, not what there is.
    server_end_ = std::max(server_end_, message.server_end);
    heard_(position_, server_end_);
}

/// The next event; nothing after a silent status interval. An idle server is silent too, so it is
/// asked to answer: only when that brings nothing for the whole stall limit is it stuck.
asio::awaitable<std::optional<SessionEvent>> WalStreamer::next_or_ping() {
    const auto limit = std::min(options_.status_interval, options_.stall_limit);
    try {
        auto event = co_await session_.next(limit);
        silence_ = std::chrono::seconds(0);
        co_return event;
    } catch (const Error& error) {
        silence_ += limit;
        if (error.code() != ErrorCode::stalled) {
            throw;
        }
        if (silence_ >= options_.stall_limit) {
            throw Error(ErrorCode::stalled, "the server sent no WAL and no sign of life for " +
                                                std::to_string(silence_.count()) + " s");
        }
    }
    co_await send_status(true);
    co_return std::nullopt;
}

asio::awaitable<void> WalStreamer::take_wal(WalMessage message) {
    if (message.start != position_) {
        protocol_error("got " + to_string(message.start) + " instead of " + to_string(position_));
    }
    auto data = message.data;
    // The segment of the end is stored as far as it comes, but no segment beyond it.
    while (!data.empty() && !(reached_end() && at_segment_start())) {
        const auto segment = segment_start(position_, options_.segment_size);
        const auto room = options_.segment_size - (position_.value - segment.value);
        const auto part = data.first(std::min<std::uint64_t>(room, data.size()));
        co_await sink_.wal(timeline_, position_, part);
        position_.value += part.size();
        data = data.subspan(part.size());
    }
}

asio::awaitable<void> WalStreamer::send_status(bool reply) {
    last_status_ = SteadyClock::now();
    auto message = status_update(position_, microseconds_since_2000(), reply);
    co_await session_.put_copy(std::move(message));
}

/// Ends the COPY from our side, unless there was none, and reads to the end of the command. WAL
/// that was under way when we stopped is not wanted.
asio::awaitable<void> WalStreamer::finish_copy() {
    if (!switch_) {
        co_await session_.end_copy();
    }
    in_copy_ = false;
    for (;;) {
        const auto event = co_await session_.next(options_.stall_limit);
        if (event.kind == Kind::idle) {
            co_return;
        }
        if (event.kind == Kind::rows) {
            take_switch(event.rows);
        }
    }
}

asio::awaitable<void> WalStreamer::close_segment() {
    if (!at_segment_start()) {
        co_await sink_.end_segment();
    }
}

void WalStreamer::take_switch(const ResultSet& result) {
    require_shape(result, 1, 2);
    switch_ = Switch{number_field<Timeline>(result, 0, 0), lsn_field(result, 0, 1)};
}

void WalStreamer::follow_switch() {
    if (!switch_) {
        throw Error(ErrorCode::connection, "the server ended the WAL stream");
    }
    if (switch_->timeline <= timeline_ || switch_->position > position_) {
        protocol_error("timeline " + std::to_string(switch_->timeline) + " from " +
                       to_string(switch_->position) + " cannot follow timeline " +
                       std::to_string(timeline_) + " at " + to_string(position_));
    }
    timeline_ = switch_->timeline;
    position_ = segment_start(switch_->position, options_.segment_size);
}

}  // namespace

asio::awaitable<void> stream_wal(ReplicationSession& session, const WalStreamOptions& options,
                                 const WalStop& stop, WalSink& sink, WalHeard heard) {
    if (!valid_segment_size(options.segment_size)) {
        protocol_error("segment size " + std::to_string(options.segment_size));
    }
    WalStreamer streamer(session, options, stop, sink, std::move(heard));
    co_await streamer.run();
}

}  // namespace tsb

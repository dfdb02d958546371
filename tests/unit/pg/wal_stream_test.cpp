#include "core/pg/wal_stream.hpp"

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/scripted_session.hpp"

using namespace tsb;
using test::ScriptedSession;
namespace asio = boost::asio;

namespace {

using Kind = SessionEvent::Kind;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

/// Writes down what it is given, one line per run of bytes, and fails call `failing_call`.
class Recorder : public WalSink {
public:
    std::vector<std::string> calls;
    int failing_call = 0;

    asio::awaitable<void> history(std::string file_name, std::string content) override {
        record("history " + file_name + " " + content);
        co_return;
    }
    asio::awaitable<void> wal(Timeline timeline, Lsn position, Bytes bytes) override {
        record("wal " + std::to_string(timeline) + " " + to_string(position) + " +" +
               std::to_string(bytes.size()));
        co_return;
    }
    asio::awaitable<void> end_segment() override {
        record("end segment");
        co_return;
    }

private:
    void record(std::string call) {
        calls.push_back(std::move(call));
        if (static_cast<int>(calls.size()) == failing_call) {
            throw Error(ErrorCode::io, "scripted failure of the sink");
        }
    }
};

/// Of a server that has `behind` bytes more.
std::vector<std::byte> wal_data(std::uint64_t start, std::size_t size, std::uint64_t behind = 0) {
    std::vector<std::byte> message{std::byte{'w'}};
    append_u64_be(message, start);
    append_u64_be(message, start + size + behind);
    append_u64_be(message, 0);
    message.resize(message.size() + size);
    return message;
}

std::vector<std::byte> keepalive(bool reply) {
    std::vector<std::byte> message{std::byte{'k'}};
    append_u64_be(message, 0);
    append_u64_be(message, 0);
    message.push_back(std::byte{reply});
    return message;
}

/// What a server says after our CopyDone.
void say_goodbye(ScriptedSession& session) {
    session.say(Kind::copy_done).say(Kind::complete).say(Kind::idle);
}

struct Stream {
    ScriptedSession session;
    Recorder sink;
    WalStop stop;
    WalStreamOptions options;
    std::vector<Lsn> heard;
    std::vector<Lsn> ends;

    Stream() {
        options.slot = "tsb_1";
        options.start = Lsn{2 * mib + 40};
        options.timeline = 1;
        options.segment_size = mib;
        options.status_interval = std::chrono::seconds(10);
        options.stall_limit = std::chrono::seconds(30);
    }

    void run() {
        const auto stream = [this]() -> asio::awaitable<void> {
            const auto note = [this](Lsn received, Lsn server_end) {
                heard.push_back(received);
                ends.push_back(server_end);
            };
            co_await stream_wal(session, options, stop, sink, note);
        };
        test::run_coroutine(stream());
    }

    ErrorCode failure() {
        try {
            run();
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::internal;
    }
};

/// A stream over a timeline switch in the middle of a segment: every kind of step occurs.
void script_switch(Stream& stream) {
    stream.options.timeline = 2;
    stream.stop.end = Lsn{3 * mib + 100};
    stream.session.answer({{"00000002.history", "one"}})
        .say(Kind::copy_both)
        .data(wal_data(2 * mib, mib - 64))
        .data(keepalive(true))
        .data(wal_data(3 * mib - 64, 64))
        .data(wal_data(3 * mib, 64))
        .say(Kind::copy_done)
        .rows({{"3", "0/300040"}})
        .say(Kind::complete)
        .say(Kind::idle)
        .answer({{"00000003.history", "two"}})
        .say(Kind::copy_both)
        .data(wal_data(3 * mib, 128));
    say_goodbye(stream.session);
}

}  // namespace

TEST_CASE("WAL begins at the start of its segment and is cut at segment borders") {
    Stream stream;
    stream.stop.end = Lsn{4 * mib};
    stream.session.say(Kind::copy_both)
        .data(wal_data(2 * mib, mib / 2 + 8, 500))
        .data(wal_data(2 * mib + mib / 2 + 8, mib - 32));
    stream.session.data(wal_data(4 * mib - mib / 2 - 24, mib / 2 + 24));
    say_goodbye(stream.session);
    stream.run();
    CHECK(
        stream.session.commands ==
        std::vector<std::string>{"START_REPLICATION SLOT \"tsb_1\" PHYSICAL 0/200000 TIMELINE 1"});
    CHECK(stream.sink.calls ==
          std::vector<std::string>{"wal 1 0/200000 +524296", "wal 1 0/280008 +524280",
                                   "wal 1 0/300000 +524264", "wal 1 0/37FFE8 +524312"});
    CHECK(stream.heard.back() == Lsn{4 * mib});
    CHECK(stream.ends.front() == Lsn{stream.heard.front().value + 500});
    CHECK(stream.ends.back() == Lsn{4 * mib});
    CHECK(stream.session.copies_ended == 1);
    CHECK(stream.session.script_is_over());
}

TEST_CASE("an end inside a segment ends the segment, and no segment after it is stored") {
    Stream stream;
    stream.stop.end = Lsn{2 * mib + 100};
    stream.session.say(Kind::copy_both).data(wal_data(2 * mib, 1000));
    stream.session.data(wal_data(2 * mib + 1000, 5));  // under way when we stopped
    say_goodbye(stream.session);
    stream.run();
    CHECK(stream.sink.calls == std::vector<std::string>{"wal 1 0/200000 +1000", "end segment"});

    Stream beyond;
    beyond.stop.end = Lsn{3 * mib};
    beyond.session.say(Kind::copy_both)
        .data(wal_data(2 * mib, mib - 64))
        .data(wal_data(3 * mib - 64, 128));
    say_goodbye(beyond.session);
    beyond.run();
    CHECK(beyond.sink.calls ==
          std::vector<std::string>{"wal 1 0/200000 +1048512", "wal 1 0/2FFFC0 +64"});
}

TEST_CASE("an end that becomes known later is noticed at the next message or silence") {
    Stream stream;
    stream.session.say(Kind::copy_both)
        .data(wal_data(2 * mib, 1000))
        .then([&] { stream.stop.end = Lsn{2 * mib + 500}; })
        .data(keepalive(false));
    say_goodbye(stream.session);
    stream.run();
    CHECK(stream.sink.calls.back() == "end segment");

    Stream silent;
    silent.session.say(Kind::copy_both)
        .data(wal_data(2 * mib, 1000))
        .then([&] { silent.stop.end = Lsn{2 * mib + 500}; })
        .fail(Error(ErrorCode::stalled, "silence"));
    say_goodbye(silent.session);
    silent.run();
    CHECK(silent.session.script_is_over());

    Stream woken;
    woken.session.say(Kind::woken)
        .say(Kind::copy_both)
        .data(wal_data(2 * mib, 1000))
        .say(Kind::woken)
        .then([&] { woken.stop.end = Lsn{2 * mib + 500}; })
        .say(Kind::woken);
    say_goodbye(woken.session);
    woken.run();
    CHECK(woken.sink.calls.back() == "end segment");
    CHECK(woken.session.script_is_over());
    CHECK(woken.session.messages.empty());
}

TEST_CASE("a keepalive does not bring the server's end nearer") {
    Stream stream;
    stream.stop.end = Lsn{3 * mib};
    stream.session.say(Kind::copy_both)
        .data(wal_data(2 * mib, mib / 2, mib))
        .data(keepalive(false))
        .data(wal_data(2 * mib + mib / 2, mib / 2));
    say_goodbye(stream.session);
    stream.run();
    const Lsn told{3 * mib + mib / 2};
    CHECK(stream.ends == std::vector<Lsn>{told, told, told});
    CHECK(stream.heard.front() == Lsn{2 * mib + mib / 2});
}

TEST_CASE("keepalives that ask are answered with the position") {
    Stream stream;
    stream.stop.end = Lsn{2 * mib + 8};
    stream.session.say(Kind::copy_both)
        .data(keepalive(false))
        .data(keepalive(true))
        .data(wal_data(2 * mib, 8));
    say_goodbye(stream.session);
    stream.run();
    REQUIRE(stream.session.messages.size() == 1);
    ByteReader reader(stream.session.messages[0]);
    CHECK(reader.u8() == 'r');
    CHECK(reader.u64_be() == 2 * mib);
    CHECK(reader.u64_be() == 2 * mib);
    CHECK(reader.u64_be() == 0);
    CHECK(reader.u64_be() > 0);
    CHECK(reader.u8() == 0);
    CHECK(reader.rest().empty());
}

TEST_CASE("a silent server is asked to answer, and is stalled only after the whole limit") {
    const Error silence(ErrorCode::stalled, "silence");
    Stream idle;
    idle.stop.end = Lsn{2 * mib + 8};
    idle.session.say(Kind::copy_both);
    for (int i = 0; i < 5; ++i) {
        idle.session.fail(silence).fail(silence).data(keepalive(false));
    }
    idle.session.data(wal_data(2 * mib, 8));
    say_goodbye(idle.session);
    idle.run();
    REQUIRE(idle.session.messages.size() == 10);
    CHECK(idle.session.messages[0].back() == std::byte{1});

    Stream stuck;
    stuck.session.say(Kind::copy_both).fail(silence).fail(silence).fail(silence);
    CHECK(stuck.failure() == ErrorCode::stalled);
    CHECK(stuck.session.messages.size() == 2);
}

TEST_CASE("a timeline switch is followed from the segment's start, histories first") {
    Stream stream;
    script_switch(stream);
    stream.run();
    CHECK(stream.session.commands ==
          std::vector<std::string>{
              "TIMELINE_HISTORY 2", "START_REPLICATION SLOT \"tsb_1\" PHYSICAL 0/200000 TIMELINE 2",
              "TIMELINE_HISTORY 3",
              "START_REPLICATION SLOT \"tsb_1\" PHYSICAL 0/300000 TIMELINE 3"});
    CHECK(stream.sink.calls ==
          std::vector<std::string>{"history 00000002.history one", "wal 2 0/200000 +1048512",
                                   "wal 2 0/2FFFC0 +64", "wal 2 0/300000 +64", "end segment",
                                   "history 00000003.history two", "wal 3 0/300000 +128",
                                   "end segment"});
    CHECK(stream.session.copies_ended == 2);
    CHECK(stream.session.script_is_over());
}

TEST_CASE("a timeline that ended before the start leads to the next without a COPY") {
    Stream stream;
    stream.stop.end = Lsn{2 * mib + 8};
    stream.session.rows({{"2", "0/200000"}})
        .say(Kind::complete)
        .say(Kind::idle)
        .answer({{"00000002.history", "one"}})
        .say(Kind::copy_both)
        .data(wal_data(2 * mib, 8));
    say_goodbye(stream.session);
    stream.run();
    CHECK(stream.sink.calls == std::vector<std::string>{"history 00000002.history one",
                                                        "wal 2 0/200000 +8", "end segment"});
    CHECK(stream.session.copies_ended == 1);
}

TEST_CASE("whichever call of session or sink fails, the stream ends with that error") {
    Stream whole;
    script_switch(whole);
    whole.run();
    for (int failing = 1; failing <= whole.session.calls; ++failing) {
        Stream stream;
        script_switch(stream);
        stream.session.failing_call = failing;
        INFO("session call " << failing);
        CHECK(stream.failure() == ErrorCode::connection);
    }
    for (std::size_t failing = 1; failing <= whole.sink.calls.size(); ++failing) {
        Stream stream;
        script_switch(stream);
        stream.sink.failing_call = static_cast<int>(failing);
        INFO("sink call " << failing);
        CHECK(stream.failure() == ErrorCode::io);
    }
}

TEST_CASE("removed WAL keeps its own error") {
    Stream stream;
    stream.session.fail(Error(ErrorCode::wal_missing, "removed"));
    CHECK(stream.failure() == ErrorCode::wal_missing);
}

TEST_CASE("a server that ends the stream without a next timeline is a lost connection") {
    Stream stream;
    stream.session.say(Kind::copy_both);
    say_goodbye(stream.session);
    CHECK(stream.failure() == ErrorCode::connection);
}

TEST_CASE("gaps, steps back and malformed messages are protocol errors") {
    const std::vector<std::vector<std::byte>> messages{
        wal_data(2 * mib + 8, 8),
        wal_data(2 * mib - 8, 16),
        wal_data(0, 0),
        {std::byte{'w'}},
        {std::byte{'k'}},
        {std::byte{'x'}},
        std::vector<std::byte>(24, std::byte{'w'}),
        wal_data(2 * mib, 2 * mib),
    };
    for (const auto& message : messages) {
        Stream stream;
        stream.session.say(Kind::copy_both).data(message);
        CHECK(stream.failure() == ErrorCode::protocol);
        CHECK(stream.sink.calls.empty());
    }
}

TEST_CASE("a next timeline that cannot follow is a protocol error") {
    const std::vector<std::vector<ScriptedSession::Row>> answers{
        {{"1", "0/200000"}}, {{"2", "0/200001"}}, {{"x", "0/200000"}}, {{"2", "x"}}, {{"2"}}, {},
    };
    for (const auto& answer : answers) {
        Stream stream;
        stream.session.rows(answer).say(Kind::complete).say(Kind::idle);
        CHECK(stream.failure() == ErrorCode::protocol);
    }
}

TEST_CASE("a malformed history file is a protocol error") {
    const std::vector<std::vector<ScriptedSession::Row>> answers{
        {{"00000003.history", "x"}},
        {{"../../etc/passwd", "x"}},
        {{"00000002.history"}},
        {},
        {{"00000002.history", std::string(2 * mib, 'x')}},
    };
    for (const auto& answer : answers) {
        Stream stream;
        stream.options.timeline = 2;
        stream.session.answer(answer);
        CHECK(stream.failure() == ErrorCode::protocol);
        CHECK(stream.sink.calls.empty());
    }
}

TEST_CASE("events that have no place in the stream are protocol errors") {
    for (const auto kind : {Kind::copy_out, Kind::complete, Kind::idle}) {
        Stream at_begin;
        at_begin.session.say(kind);
        CHECK(at_begin.failure() == ErrorCode::protocol);
        Stream inside;
        inside.session.say(Kind::copy_both).say(kind);
        CHECK(inside.failure() == ErrorCode::protocol);
    }
    Stream odd_size;
    odd_size.options.segment_size = 3 * mib;
    CHECK(odd_size.failure() == ErrorCode::protocol);
}

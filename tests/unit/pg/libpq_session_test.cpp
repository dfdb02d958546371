#include "core/pg/libpq_session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/unit/pg/fake_server.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;

namespace {

using Kind = SessionEvent::Kind;

constexpr std::chrono::seconds patience{60};

/// Connects to the server and runs `use` with the session.
void with_session(const FakeServer& server,
                  const std::function<asio::awaitable<void>(ReplicationSession&)>& use,
                  std::stop_token stop = {}) {
    const auto run = [&]() -> asio::awaitable<void> {
        const auto connect = libpq_sessions();
        ConnectOptions options;
        options.conninfo = server.conninfo();
        const auto session = co_await connect(options, stop);
        co_await use(*session);
    };
    run_coroutine(run());
}

asio::awaitable<ErrorCode> failure_of_next(ReplicationSession& session,
                                           std::chrono::seconds limit) {
    try {
        static_cast<void>(co_await session.next(limit));
    } catch (const Error& error) {
        co_return error.code();
    }
    co_return ErrorCode::internal;
}

asio::awaitable<ErrorCode> failure_of_execute(ReplicationSession& session) {
    try {
        static_cast<void>(co_await session.execute("COMMAND", patience));
    } catch (const Error& error) {
        co_return error.code();
    }
    co_return ErrorCode::internal;
}

/// What a query's answer is made of, and how it ended: "rows x, copy_out, data abc, ...".
std::string story(const std::string& reply, bool then_close, std::chrono::seconds limit) {
    FakeServer server({reply}, then_close);
    std::string told;
    const auto use = [&](ReplicationSession& session) -> asio::awaitable<void> {
        co_await session.send("QUERY");
        for (auto kind = Kind::rows; kind != Kind::idle;) {
            const auto event = co_await session.next(limit);
            kind = event.kind;
            switch (kind) {
                case Kind::rows:
                    told += "rows " + event.rows.rows.at(0).at(0).value_or("NULL") + ", ";
                    break;
                case Kind::copy_data:
                    told += "data " + std::string(as_text(event.data.bytes())) + ", ";
                    break;
                case Kind::copy_out:
                    told += "copy_out, ";
                    break;
                case Kind::copy_both:
                    told += "copy_both, ";
                    break;
                case Kind::copy_done:
                    told += "copy_done, ";
                    break;
                case Kind::complete:
                    told += "complete, ";
                    break;
                case Kind::woken:
                    told += "woken, ";
                    break;
                case Kind::idle:
                    told += "idle";
                    break;
            }
        }
    };
    try {
        with_session(server, use);
    } catch (const Error& error) {
        told += std::string(kind_of(error.code()).name) + ": " + error.what();
    }
    return told;
}

}  // namespace

TEST_CASE("a backup's events arrive in the server's order") {
    CHECK(story(wire_rows("1") + wire_rows("2") + wire_copy_out() + wire_copy_data("ab") +
                    wire_copy_data(std::string("c\0d", 3)) + wire_copy_done() + wire_rows("3") +
                    wire_complete() + wire_ready(),
                false, patience) == "rows 1, rows 2, copy_out, data ab, data " +
                                        std::string("c\0d", 3) +
                                        ", copy_done, rows 3, complete, idle");
}

TEST_CASE("a wait for a silent server can be woken, and the session goes on") {
    FakeServer server({wire_copy_out()}, false);
    const auto use = [](ReplicationSession& session) -> asio::awaitable<void> {
        session.wake();  // nobody waits: forgotten
        co_await session.send("QUERY");
        auto event = co_await session.next(patience);
        CHECK(event.kind == Kind::copy_out);
        const auto loop = co_await asio::this_coro::executor;
        for (int i = 0; i < 2; ++i) {
            asio::post(loop, [&session] { session.wake(); });
            event = co_await session.next(patience);
            CHECK(event.kind == Kind::woken);
        }
        const auto failure = co_await failure_of_next(session, std::chrono::seconds(0));
        CHECK(failure == ErrorCode::stalled);
    };
    with_session(server, use);
}

TEST_CASE("a server that always has more to say leaves room for the rest of the loop") {
    constexpr int messages = 1000;
    std::string reply = wire_copy_out();
    for (int i = 0; i < messages; ++i) reply += wire_copy_data("x");
    FakeServer server({reply}, false);
    const auto use = [](ReplicationSession& session) -> asio::awaitable<void> {
        co_await session.send("QUERY");
        co_await session.next(patience);
        co_await session.next(patience);
        const auto loop = co_await asio::this_coro::executor;
        bool others_ran = false;
        asio::post(loop, [&] { others_ran = true; });
        int taken = 1;
        for (; !others_ran; ++taken) co_await session.next(patience);
        CHECK(taken < 100);
        for (; taken < messages; ++taken) co_await session.next(patience);
    };
    with_session(server, use);
}

TEST_CASE("an error inside a COPY is told instead of the COPY's end") {
    CHECK(story(wire_copy_out() + wire_copy_data("ab") + wire_error("57P01", "halt") + wire_ready(),
                false, patience) ==
          "copy_out, data ab, connection: the connection to the server was lost: halt "
          "(SQLSTATE 57P01)");
    CHECK(story(wire_copy_both() + wire_error("58P01", "requested WAL segment is gone") +
                    wire_ready(),
                false, patience) ==
          "copy_both, wal_missing: requested WAL segment is gone (SQLSTATE 58P01)");
}

TEST_CASE("an error after the end position is told after it") {
    CHECK(story(wire_copy_out() + wire_copy_done() + wire_rows("end") +
                    wire_error("XX001", "bad page") + wire_ready(),
                false, patience) ==
          "copy_out, copy_done, rows end, page_checksum: bad page (SQLSTATE XX001)");
}

TEST_CASE("what came before a lost connection is told before the loss") {
    const std::string loss =
        "connection: the connection to the server was lost: server closed the connection "
        "unexpectedly";
    CHECK(story(wire_rows("1"), true, patience) == "rows 1, " + loss);
    CHECK(story(wire_copy_out() + wire_copy_data("ab"), true, patience) ==
          "copy_out, data ab, " + loss);
    CHECK(story(wire_error("57P01", "halt"), true, patience) ==
          "connection: the connection to the server was lost: halt (SQLSTATE 57P01)");
    CHECK(story(wire_copy_out() + wire_error("57P01", "halt"), true, patience) ==
          "copy_out, connection: the connection to the server was lost: halt (SQLSTATE 57P01)");
}

TEST_CASE("the end of one half of a two-way COPY is told while the other half is open") {
    CHECK(story(wire_copy_both() + wire_copy_data("w") + wire_copy_done(), false, patience) ==
          "copy_both, data w, copy_done, protocol: the server asks for a COPY from us");
}

TEST_CASE("bytes that are no protocol end the session with an error") {
    CHECK(story("HTTP/1.1 400 Bad Request\r\n\r\n", true, patience).starts_with("connection: "));
}

TEST_CASE("silence beyond the limit is a stall, and the session can be asked again") {
    FakeServer server({""}, false);
    with_session(server, [](ReplicationSession& session) -> asio::awaitable<void> {
        co_await session.send("QUERY");
        for (int times = 0; times < 2; ++times) {
            const auto code = co_await failure_of_next(session, std::chrono::seconds(0));
            CHECK(code == ErrorCode::stalled);
        }
    });
}

TEST_CASE("a session can be used after a refused command") {
    FakeServer server({wire_error("42601", "no") + wire_ready(), wire_rows("7") + wire_ready()},
                      false);
    with_session(server, [](ReplicationSession& session) -> asio::awaitable<void> {
        const auto code = co_await failure_of_execute(session);
        CHECK(code == ErrorCode::server_error);
        const auto result = co_await session.execute("GOOD", patience);
        CHECK(result.rows.at(0).at(0) == "7");
        CHECK(result.columns == std::vector<std::string>{"c"});
    });
}

TEST_CASE("a command that begins a COPY nobody asked for is refused and closes the session") {
    FakeServer server({wire_copy_out() + wire_copy_data("x")}, false);
    with_session(server, [](ReplicationSession& session) -> asio::awaitable<void> {
        for (const auto expected : {ErrorCode::protocol, ErrorCode::connection}) {
            const auto code = co_await failure_of_execute(session);
            CHECK(code == expected);
        }
    });
}

TEST_CASE("messages and the end of a COPY reach the server") {
    FakeServer server({wire_copy_both()}, false);
    with_session(server, [](ReplicationSession& session) -> asio::awaitable<void> {
        co_await session.send("START");
        const auto begun = co_await session.next(patience);
        CHECK(begun.kind == Kind::copy_both);
        std::vector<std::byte> status(3, std::byte{'s'});
        co_await session.put_copy(std::move(status));
        co_await session.end_copy();
    });
    CHECK(server.received().find(wire_copy_data("sss") + wire_copy_done()) != std::string::npos);
}

TEST_CASE("a stop ends a wait, and every later call") {
    FakeServer server({""}, false);
    std::stop_source stop;
    const auto use = [&](ReplicationSession& session) -> asio::awaitable<void> {
        co_await session.send("QUERY");
        const auto executor = co_await asio::this_coro::executor;
        asio::post(executor, [&] { stop.request_stop(); });
        for (int times = 0; times < 2; ++times) {
            const auto code = co_await failure_of_next(session, patience);
            CHECK(code == ErrorCode::cancelled);
        }
    };
    with_session(server, use, stop.get_token());
}

TEST_CASE("closing ends a wait of another coroutine, and every later call") {
    FakeServer server({""}, false);
    with_session(server, [](ReplicationSession& session) -> asio::awaitable<void> {
        co_await session.send("QUERY");
        const auto executor = co_await asio::this_coro::executor;
        asio::post(executor, [&session] { session.close(); });
        for (int times = 0; times < 2; ++times) {
            const auto code = co_await failure_of_next(session, patience);
            CHECK(code == ErrorCode::connection);
        }
    });
}

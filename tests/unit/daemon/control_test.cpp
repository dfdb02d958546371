#include "daemon/control_server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "daemon/control_socket.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/daemon/control_ground.hpp"

using namespace tsb;
using namespace std::chrono_literals;
using tsb::test::ControlClient;
using tsb::test::ControlGround;
namespace asio = boost::asio;

namespace {

/// Answers "echo" with its arguments, fails at "throw", and sends events for "stream" until the
/// client is gone.
class FakeHandler {
public:
    asio::awaitable<Outcome> answer(const Request& request, const EmitEvent& emit) {
        if (request.verb == "throw") throw std::runtime_error("a bug");
        if (request.verb == "stream") co_await stream(emit);
        co_return Outcome(request.args);
    }
    std::promise<void> client_left;

private:
    asio::awaitable<void> stream(const EmitEvent& emit) {
        try {
            while (true) {
                Json event = {{"event", "progress"}, {"filler", std::string(4000, 'x')}};
                co_await emit(std::move(event));
            }
        } catch (...) {
            client_left.set_value();
            throw;
        }
    }
};

/// The server with that handler.
class Server : public FakeHandler, public ControlGround {
public:
    explicit Server(ControlLimits limits = {}, Caller caller = local_caller())
        : ControlGround([this](const Caller&, const Request& request,
                               const EmitEvent& emit) { return answer(request, emit); },
                        limits, std::move(caller)) {}
};

const std::string echo = R"({"v":1,"verb":"echo","args":{"a":1}})"
                         "\n";
const std::string stream = R"({"v":1,"verb":"stream"})"
                           "\n";

bool served(const Server& server) {
    return !ControlClient(server).ask(echo).failure;
}

ControlLimits short_limits() {
    ControlLimits limits;
    limits.request_timeout = 50ms;
    limits.write_timeout = 50ms;
    return limits;
}

Caller untrusted() {
    Caller caller;
    caller.uid = 1000;
    caller.right = Right::read;
    return caller;
}

}  // namespace

TEST_CASE("a request is answered and the connection closed") {
    Server server;
    ControlClient client(server);
    const Outcome outcome = client.ask(echo);
    CHECK(outcome.result == Json({{"a", 1}}));
    CHECK(client.line().empty());
}

TEST_CASE("the socket is for owner and group, its directory is made") {
    Server server;
    struct stat status {};
    REQUIRE(stat(server.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0660);
    const auto directory = std::filesystem::path(server.path()).parent_path();
    REQUIRE(stat(directory.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0750);
}

TEST_CASE("garbage is answered with a usage error and hurts nobody") {
    Server server;
    for (const std::string& garbage :
         {std::string("\n"), std::string("hello\n"), std::string("\0\xff\x01\n", 4),
          std::string("{\"v\":1}\n"), std::string(60000, '[') + "\n"}) {
        const Outcome outcome = ControlClient(server).ask(garbage);
        REQUIRE(outcome.failure);
        CHECK(outcome.failure->code() == ErrorCode::usage);
    }
    CHECK(served(server));
}

TEST_CASE("a frame longer than 64 KiB is refused without being taken in") {
    Server server;
    ControlClient client(server);
    const Outcome outcome = client.ask(std::string(request_limit + 1, 'x'));
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->code() == ErrorCode::usage);
    CHECK(client.line().empty());
    CHECK(served(server));
}

TEST_CASE("half a frame is dropped when its time is over") {
    Server server(short_limits());
    ControlClient client(server);
    client.send(R"({"v":1,)");
    CHECK(client.line().empty());
    CHECK(served(server));
}

TEST_CASE("a client that says nothing is dropped when its time is over") {
    Server server(short_limits());
    ControlClient client(server);
    CHECK(client.line().empty());
}

TEST_CASE("a client that vanishes ends its own request only") {
    Server server;
    ControlClient client(server);
    client.send(stream);
    CHECK(decode_reply(client.line()).event);
    client.leave();
    server.client_left.get_future().wait();
    CHECK(served(server));
}

TEST_CASE("a client that does not read is dropped") {
    Server server(short_limits());
    ControlClient client(server);
    client.send(stream);
    server.client_left.get_future().wait();
    CHECK(served(server));
}

TEST_CASE("an exception in a handler is told and fails that request only") {
    Server server;
    const Outcome outcome = ControlClient(server).ask("{\"v\":1,\"verb\":\"throw\"}\n");
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->code() == ErrorCode::internal);
    CHECK(served(server));
}

TEST_CASE("a peer without any right is refused before it has said a word") {
    Server server({}, Caller());
    ControlClient client(server);
    const ReplyLine reply = decode_reply(client.line());
    REQUIRE(reply.outcome.failure);
    CHECK(reply.outcome.failure->code() == ErrorCode::refused);
    CHECK(client.line().empty());
}

TEST_CASE("more clients than the limit are refused, and let in when others have left") {
    ControlLimits limits;
    limits.clients = 2;
    Server server(limits);
    ControlClient first(server);
    ControlClient second(server);
    CHECK(ControlClient(server).ask(echo).failure->code() == ErrorCode::busy);
    CHECK_FALSE(first.ask(echo).failure);
    CHECK(first.line().empty());
    CHECK(served(server));
}

TEST_CASE("one uid has fewer connections than all together") {
    ControlLimits limits;
    limits.clients_per_uid = 1;
    Server server(limits, untrusted());
    ControlClient first(server);
    CHECK(ControlClient(server).ask(echo).failure->code() == ErrorCode::busy);
    CHECK_FALSE(first.ask(echo).failure);
}

TEST_CASE("a stopped server drops those who have not asked") {
    auto server = std::make_unique<Server>();
    ControlClient idle(*server);
    CHECK(served(*server));
    server.reset();
    CHECK(idle.line().empty());
}

TEST_CASE("only a socket that nobody listens on is replaced") {
    const test::TempDir directory;
    const auto path = directory.path() / "control.sock";
    {
        const Fd listener = listen_on(path);
        try {
            listen_on(path);
            FAIL("two listeners");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::busy);
        }
    }
    CHECK(listen_on(path));

    const auto file = directory.path() / "file";
    std::ofstream(file) << "precious";
    try {
        listen_on(file);
        FAIL("replaced a file");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::refused);
    }
    CHECK(std::filesystem::file_size(file) == 8);
    CHECK_THROWS_AS(listen_on(directory.path() / std::string(200, 'x')), Error);
}

TEST_CASE("a directory for the socket that cannot be made is told with what to do") {
    const test::TempDir directory;
    try {
        listen_on(directory.path() / "no" / "such" / "control.sock");
        FAIL("made its parents");
    } catch (const Error& error) {
        CHECK(error.hint().find("control.socket") != std::string::npos);
    }
}

TEST_CASE("a peer is known by uid, pid and all its groups") {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const Fd near(ends[0]);
    const Fd far(ends[1]);
    const Peer peer = peer_of(near.get());
    CHECK(peer.uid == geteuid());
    CHECK(peer.pid == getpid());
    CHECK(peer.groups.back() == getegid());
    CHECK(peer.groups.size() == static_cast<std::size_t>(getgroups(0, nullptr)) + 1);
}

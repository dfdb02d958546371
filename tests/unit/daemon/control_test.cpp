#include "daemon/control_server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <fstream>
#include <future>
#include <thread>

#include "daemon/control_socket.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using namespace std::chrono_literals;
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

/// A control server on a thread of its own.
class Server {
public:
    explicit Server(ControlLimits limits = {}, Caller caller = local_caller())
        : control_(
              loop_.get_executor(), listen_on(path_),
              [caller](const Peer& peer) { return peer.pid == getpid() ? caller : Caller(); },
              [this](const Caller&, const Request& request, const EmitEvent& emit) {
                  return handler.answer(request, emit);
              },
              limits),
          thread_([this] { loop_.run(); }) {}
    ~Server() {
        asio::post(loop_, [this] { control_.stop(); });
        thread_.join();  // ends only when no connection is left
        CHECK(control_.clients() == 0);
    }
    const std::string& path() const { return path_; }

    FakeHandler handler;

private:
    test::TempDir directory_;
    std::string path_ = (directory_.path() / "run" / "control.sock").string();
    asio::io_context loop_{1};
    ControlServer control_;
    std::thread thread_;
};

class Client {
public:
    explicit Client(const Server& server) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, server.path().c_str());
        REQUIRE(connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    }
    void send(const std::string& text) {
        ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    /// The next line; empty at the end of the connection.
    std::string line() {
        std::string out;
        char c = 0;
        while (recv(fd_.get(), &c, 1, 0) == 1) {
            if (c == '\n') return out;
            out += c;
        }
        return {};
    }
    Outcome ask(const std::string& text) {
        send(text);
        return decode_reply(line()).outcome;
    }
    void leave() { fd_.reset(); }

private:
    Fd fd_;
};

const std::string echo = R"({"v":1,"verb":"echo","args":{"a":1}})"
                         "\n";
const std::string stream = R"({"v":1,"verb":"stream"})"
                           "\n";

bool served(const Server& server) {
    return !Client(server).ask(echo).failure;
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
    Client client(server);
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
        const Outcome outcome = Client(server).ask(garbage);
        REQUIRE(outcome.failure);
        CHECK(outcome.failure->code() == ErrorCode::usage);
    }
    CHECK(served(server));
}

TEST_CASE("a frame longer than 64 KiB is refused without being taken in") {
    Server server;
    Client client(server);
    const Outcome outcome = client.ask(std::string(request_limit + 1, 'x'));
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->code() == ErrorCode::usage);
    CHECK(client.line().empty());
    CHECK(served(server));
}

TEST_CASE("half a frame is dropped when its time is over") {
    Server server(short_limits());
    Client client(server);
    client.send(R"({"v":1,)");
    CHECK(client.line().empty());
    CHECK(served(server));
}

TEST_CASE("a client that says nothing is dropped when its time is over") {
    Server server(short_limits());
    Client client(server);
    CHECK(client.line().empty());
}

TEST_CASE("a client that vanishes ends its own request only") {
    Server server;
    Client client(server);
    client.send(stream);
    CHECK(decode_reply(client.line()).event);
    client.leave();
    server.handler.client_left.get_future().wait();
    CHECK(served(server));
}

TEST_CASE("a client that does not read is dropped") {
    Server server(short_limits());
    Client client(server);
    client.send(stream);
    server.handler.client_left.get_future().wait();
    CHECK(served(server));
}

TEST_CASE("an exception in a handler is told and fails that request only") {
    Server server;
    const Outcome outcome = Client(server).ask("{\"v\":1,\"verb\":\"throw\"}\n");
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->code() == ErrorCode::internal);
    CHECK(served(server));
}

TEST_CASE("a peer without any right is refused before it has said a word") {
    Server server({}, Caller());
    Client client(server);
    const ReplyLine reply = decode_reply(client.line());
    REQUIRE(reply.outcome.failure);
    CHECK(reply.outcome.failure->code() == ErrorCode::refused);
    CHECK(client.line().empty());
}

TEST_CASE("more clients than the limit are refused, and let in when others have left") {
    ControlLimits limits;
    limits.clients = 2;
    Server server(limits);
    Client first(server);
    Client second(server);
    CHECK(Client(server).ask(echo).failure->code() == ErrorCode::busy);
    CHECK_FALSE(first.ask(echo).failure);
    CHECK(first.line().empty());
    CHECK(served(server));
}

TEST_CASE("one uid has fewer connections than all together") {
    ControlLimits limits;
    limits.clients_per_uid = 1;
    Server server(limits, untrusted());
    Client first(server);
    CHECK(Client(server).ask(echo).failure->code() == ErrorCode::busy);
    CHECK_FALSE(first.ask(echo).failure);
}

TEST_CASE("a stopped server drops those who have not asked") {
    auto server = std::make_unique<Server>();
    Client idle(*server);
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

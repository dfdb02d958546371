// What the log tells of clients, read from real connections.
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/catch.hpp"
#include "tests/unit/daemon/control_ground.hpp"

using namespace tsb;
using tsb::test::ControlClient;
using tsb::test::ControlGround;
using tsb::test::LogCapture;

namespace {

boost::asio::awaitable<Outcome> answer(const Request& request, const EmitEvent& emit) {
    if (request.verb == "delete") throw Error(ErrorCode::refused, "cannot delete: it is precious");
    if (request.verb == "show") throw Error(ErrorCode::not_found, "cannot find it\nor me");
    if (request.verb == "check")
        co_return Outcome(Json::object(), Error(ErrorCode::unhealthy, "1 problem"));
    while (request.verb == "watch" || request.verb == "verify") {
        Json event = {{"event", "progress"}};
        co_await emit(std::move(event));
    }
    co_return Outcome();
}

class Server : public ControlGround {
public:
    explicit Server(ControlLimits limits = {}, Caller caller = somebody())
        : ControlGround([](const Caller&, const Request& request,
                           const EmitEvent& emit) { return answer(request, emit); },
                        limits, std::move(caller)) {}

    static Caller somebody() {
        Caller caller;
        caller.uid = 1000;
        caller.pid = 4711;
        caller.right = Right::restore;
        return caller;
    }
};

/// Sends a line, and waits until the server has closed the connection: then the log has it.
void request(const Server& server, const std::string& line) {
    ControlClient client(server);
    client.send(line + "\n");
    while (!client.line().empty()) {
    }
}

void request(const Server& server, const std::string& verb, const Json& args) {
    request(server, Json({{"v", 1}, {"verb", verb}, {"args", args}}).dump());
}

}  // namespace

TEST_CASE("a command is logged with uid, pid, what it was for and its outcome") {
    const LogCapture log;
    const Server server;
    request(server, "backup", {{"cluster", "main"}, {"label", "s3cret"}});
    request(server, "delete", {{"backup", "latest"}});
    request(server, "reload", Json::object());
    INFO(log.text());
    CHECK(log.lines_with("info  client uid 1000 pid 4711: backup main: ok") == 1);
    CHECK(log.lines_with("info  client uid 1000 pid 4711: delete latest: refused [refused] "
                         "cannot delete: it is precious") == 1);
    CHECK(log.lines_with("info  client uid 1000 pid 4711: reload: ok") == 1);
    CHECK(log.lines_with("client uid 1000") == 3);
    CHECK(log.lines_with("s3cret") == 0);
}

TEST_CASE("what only looks is told at level debug unless it fails") {
    const LogCapture log;
    const Server server;
    request(server, "status", Json::object());
    request(server, "check", Json::object());
    request(server, "show", {{"backup", "latest"}});
    INFO(log.text());
    CHECK(log.lines_with("debug client uid 1000 pid 4711: status: ok") == 1);
    CHECK(log.lines_with("debug client uid 1000 pid 4711: check: failed [unhealthy]") == 1);
    CHECK(log.lines_with("info  client uid 1000 pid 4711: show latest: failed [not_found] "
                         "cannot find it\\x0Aor me") == 1);
}

TEST_CASE("a client's texts are cut and escaped") {
    const LogCapture log;
    const Server server;
    request(server, std::string(10000, 'v') + "\n", Json::object());
    request(server, "backup", {{"cluster", "\x1B[2J" + std::string(4000, 'c')}});
    request(server, "backup", {{"cluster", 7}});
    INFO(log.text());
    CHECK(log.lines_with(": " + std::string(100, 'v') + "...: ok") == 1);
    CHECK(log.lines_with("backup \\x1B[2Jccc") == 1);
    CHECK(log.lines_with("backup: ok") == 1);
    CHECK(log.text().size() < 1000);
}

TEST_CASE("a client that leaves before its answer is logged as such") {
    const LogCapture log;
    for (const std::string verb : {"watch", "verify"}) {
        const Server server;
        ControlClient client(server);
        client.send(R"({"v":1,"verb":")" + verb + "\"}\n");
        client.line();
        client.leave();
    }
    INFO(log.text());
    CHECK(log.lines_with("debug client uid 1000 pid 4711: watch: it left: ") == 1);
    CHECK(log.lines_with("info  client uid 1000 pid 4711: verify: it left: ") == 1);
}

TEST_CASE("malformed requests are warnings") {
    const LogCapture log;
    const Server server;
    request(server, "hello");
    request(server, std::string(request_limit + 1, 'x'));
    INFO(log.text());
    const std::string start = "warn  client uid 1000 pid 4711: malformed request: refused [usage] ";
    CHECK(log.lines_with(start + "cannot read the request: expected one JSON object") == 1);
    CHECK(log.lines_with(start + "cannot read the request: longer than 64 KiB") == 1);
}

TEST_CASE("a client that says nothing is no warning") {
    const LogCapture log;
    {
        const Server server;
        ControlClient(server).leave();
        request(server, "reload", Json::object());  // the one before is let in by then
    }
    INFO(log.text());
    CHECK(log.lines_with("debug client uid 1000 pid 4711: sent no request: ") == 1);
    CHECK(log.lines_with("warn") == 0);
}

TEST_CASE("who is refused is named as the kernel knows it") {
    const LogCapture log;
    const Server server({}, Caller());
    ControlClient(server).line();
    INFO(log.text());
    CHECK(log.lines_with("warn  client uid " + std::to_string(geteuid()) + " pid " +
                         std::to_string(getpid()) + ": refused [refused] ") == 1);
}

TEST_CASE("a flood of refused and malformed does not flood the log, but is counted") {
    ControlLimits limits;
    limits.complaints_per_minute = 3;
    const LogCapture log;
    {
        const Server strangers(limits, Caller());
        for (int i = 0; i < 50; ++i) ControlClient(strangers).line();
    }
    CHECK(log.lines_with("has no right") == 3);
    CHECK(log.lines_with("warn  47 more refused clients and malformed requests") == 1);
    {
        const Server server(limits);
        for (int i = 0; i < 10; ++i) request(server, "{");
        for (int i = 0; i < 10; ++i) request(server, "backup", Json::object());
    }
    INFO(log.text());
    CHECK(log.lines_with("malformed request: ") == 3);
    CHECK(log.lines_with("warn  7 more refused clients and malformed requests") == 1);
    CHECK(log.lines_with("backup: ok") == 10);
}

// The page server and clients as they should be, as they should not be, and as they must not be.
#include "daemon/metrics/page_server.hpp"

#include <boost/asio/post.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/unit/metrics/page_ground.hpp"

using namespace tsb;
using namespace tsb::test;
namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

/// Nothing ends by a time-out.
PageLimits patient() {
    PageLimits limits;
    limits.head_timeout = limits.write_timeout = limits.leave_timeout = hours(1);
    return limits;
}

PageLimits impatient() {
    PageLimits limits = patient();
    limits.head_timeout = milliseconds(50);
    return limits;
}

const std::string good_request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

/// That the server is as well as before, once it has let go of those who left.
void check_serves(const PageGround& ground) {
    CHECK(eventually([&] { return HttpClient(ground.path()).get("/metrics").body == "metrics"; }));
}

/// A container may have no IPv6.
bool has_address(const std::optional<ListenAddress>& address) {
    try {
        const MetricsListener listener(address);
        return true;
    } catch (const Error& error) {
        WARN("not tested: " << error.what());
        return false;
    }
}

}  // namespace

TEST_CASE("pages are served one after the other over one connection") {
    PageGround ground(patient());
    HttpClient client(ground.path());
    const HttpAnswer metrics = client.get("/metrics?from=prometheus");
    CHECK(metrics.status == 200);
    CHECK(metrics.body == "metrics");
    CHECK(metrics.fields.at("Content-Type") == "text/plain; charset=utf-8");
    CHECK(metrics.fields.at("X-Content-Type-Options") == "nosniff");
    CHECK_FALSE(metrics.fields.contains("Connection"));
    CHECK(client.get("/healthz").body == "other");
    const HttpAnswer unknown = client.get("/metrics/");
    CHECK(unknown.status == 404);
    CHECK(contains(unknown.body, "/metrics, /healthz and /readyz"));
    CHECK(client.get("/readyz").status == 200);
    client.leave();
}

TEST_CASE("requests that come at once are answered in their order") {
    PageGround ground(patient());
    HttpClient client(ground.path());
    std::string all;
    for (int i = 0; i < 300; ++i) all += good_request + "GET /no HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(all);
    for (int i = 0; i < 300; ++i) {
        CHECK(client.answer().status == 200);
        CHECK(client.answer().status == 404);
    }
    client.leave();
}

TEST_CASE("a connection ends when its client wants that, and after its last request") {
    PageLimits limits = patient();
    limits.requests = 2;
    PageGround ground(limits);
    HttpClient old(ground.path());
    old.send("GET /metrics HTTP/1.0\r\n\r\n");
    CHECK(old.answer().body == "metrics");
    CHECK(old.bytes(1).empty());
    HttpClient polite(ground.path());
    polite.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(polite.answer().fields.at("Connection") == "close");
    CHECK(polite.bytes(1).empty());
    HttpClient busy(ground.path());
    CHECK(busy.get("/metrics").status == 200);
    CHECK(busy.get("/metrics").fields.at("Connection") == "close");
    CHECK(busy.bytes(1).empty());
    for (HttpClient* client : {&old, &polite, &busy}) client->leave();
}

TEST_CASE("what is no GET is refused, whatever comes with it, and its answer arrives") {
    const std::string method = GENERATE("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get",
                                        "CONNECT", "X-OWN", "HEAD");
    CAPTURE(method);
    PageGround ground;
    HttpClient client(ground.path());
    const bool head = method == "HEAD";
    const std::string body(head ? 0 : 30000, 'b');
    client.send(method + " /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    const HttpAnswer answer = client.answer(head);
    CHECK(answer.status == 405);
    CHECK(answer.fields.at("Allow") == "GET");
    CHECK(answer.fields.at("Connection") == "close");
    CHECK(client.bytes(1).empty());
    client.leave();
    check_serves(ground);
}

TEST_CASE("no body is taken, announced in whatever way") {
    const std::string field = GENERATE("Content-Length: 5", "Content-Length: 9000000000000000000",
                                       "Transfer-Encoding: chunked");
    CAPTURE(field);
    PageGround ground;
    HttpClient client(ground.path());
    client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\nhello" + good_request);
    CHECK(client.answer().status == 413);
    CHECK(client.bytes(1).empty());
    client.leave();
    check_serves(ground);
}

TEST_CASE("what is no HTTP is told so, and ended") {
    const std::string text =
        GENERATE(std::string("\r\n\r\n\r\n"), std::string("\x16\x03\x01\x02garbage\r\n\r\n"),
                 std::string("GET /metrics\r\n\r\n"), std::string("GET /metrics HTTP/9.9\r\n\r\n"),
                 std::string("GET /metrics HTTP/1.1\r\nno colon\r\n\r\n"),
                 std::string("GET /metrics HTTP/1.1\r\nA: \0b\r\n\r\n", 32),
                 std::string("GET /me\rtrics HTTP/1.1\r\n\r\n"), std::string(5000, '\n'),
                 std::string("GET /metrics HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
                 std::string("GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2"
                             "\r\n\r\n"));
    CAPTURE(text);
    PageGround ground(impatient());
    HttpClient client(ground.path());
    client.send(text);
    client.end_sending();
    const int status = client.answer().status;
    CHECK((status == 400 || status == 431 || status == 0));
    CHECK(client.is_closed());
    check_serves(ground);
}

TEST_CASE("a head longer than allowed is refused, however it is cut") {
    const std::string text = GENERATE(
        "GET /" + std::string(20000, 'm') + " HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nA: " + std::string(20000, 'a'), "GET /metrics HTTP/1.1\r\n" + [] {
            std::string fields;
            for (int i = 0; i < 3000; ++i) fields += "A: b\r\n";
            return fields;
        }());
    PageGround ground;
    HttpClient client(ground.path());
    for (std::size_t at = 0; at < text.size(); at += 1000) client.send(text.substr(at, 1000));
    const HttpAnswer answer = client.answer();
    CHECK(answer.status == 431);
    CHECK(client.is_closed());
    check_serves(ground);
}

TEST_CASE("who sends no request in time is dropped") {
    const std::string text = GENERATE("", "G", "GET /metrics HTTP/1.1\r\nHost: x\r\n",
                                      "GET /metrics HTTP/1.1\r\nHost: x\r\n\r");
    CAPTURE(text);
    PageGround ground(impatient());
    HttpClient client(ground.path());
    client.send(text);
    CHECK(client.is_closed());
    check_serves(ground);
}

TEST_CASE("who closes one side is answered, who closes both is forgotten") {
    PageGround ground(patient());
    HttpClient half(ground.path());
    half.send(good_request);
    half.end_sending();
    CHECK(half.answer().body == "metrics");
    CHECK(half.bytes(1).empty());
    for (int i = 0; i < 100; ++i) {
        HttpClient gone(ground.path());
        gone.send(i % 2 == 0 ? good_request : "GET /met");
    }
    check_serves(ground);
}

TEST_CASE("who does not read its answers is dropped") {
    PageLimits limits = patient();
    limits.write_timeout = milliseconds(50);
    const PageMaker long_page = [](HttpResource resource) -> asio::awaitable<HttpPage> {
        const std::size_t size = resource == HttpResource::metrics ? 8 << 20 : 1;
        co_return HttpPage(200, std::string(size, 'x'));
    };
    PageGround ground(limits, long_page);
    HttpClient client(ground.path());
    client.send(good_request);
    CHECK(client.line() == "HTTP/1.1 200 OK\r");
    HttpClient other(ground.path());
    CHECK(other.get("/healthz").status == 200);
    // Its destructor would wait for the hour that the write took else.
}

TEST_CASE("no more connections are served than allowed, and the next one is when one ends") {
    PageLimits limits = patient();
    limits.connections = 2;
    PageGround ground(limits);
    auto first = std::make_unique<HttpClient>(ground.path());
    CHECK(first->get("/metrics").status == 200);
    HttpClient second(ground.path());
    CHECK(second.get("/metrics").status == 200);
    for (int i = 0; i < 50; ++i) {
        HttpClient third(ground.path());
        const int status = third.answer().status;
        CHECK(status == 503);
        CHECK(third.is_closed());
    }
    CHECK(second.get("/metrics").status == 200);
    first.reset();
    CHECK(eventually([&] {
        HttpClient next(ground.path());
        return next.get("/metrics").status == 200;
    }));
    second.leave();
}

TEST_CASE("a page that cannot be made ends its connection only") {
    const PageMaker broken = [](HttpResource resource) -> asio::awaitable<HttpPage> {
        if (resource == HttpResource::metrics) throw std::runtime_error("no page");
        co_return HttpPage(200, "metrics");
    };
    PageGround ground(patient(), broken);
    HttpClient client(ground.path());
    client.send(good_request);
    CHECK(client.is_closed());
    HttpClient other(ground.path());
    CHECK(other.get("/healthz").status == 200);
    other.leave();
}

TEST_CASE("a stop ends connections that wait, and accepts no more") {
    PageGround ground(patient());
    HttpClient idle(ground.path());
    CHECK(idle.get("/metrics").status == 200);
    HttpClient half(ground.path());
    half.send("GET /metr");
    ground.stop();
    CHECK(idle.is_closed());
    CHECK(half.is_closed());
}

TEST_CASE("an address of TCP is listened at, and is free again afterwards") {
    const auto [host, written] =
        GENERATE(std::pair("127.0.0.1", "127.0.0.1"), std::pair("::1", "[::1]"));
    const int port = free_port();
    const auto address = parse_host_port(written + std::string(":") + std::to_string(port));
    REQUIRE(address);
    if (address->host == "::1" && !has_address(address)) return;
    for (int i = 0; i < 2; ++i) {
        asio::io_context loop{1};
        MetricsListener listener(address);
        PageServer server(loop.get_executor(), listener.take_socket(), PageGround::by_name(),
                          patient());
        std::thread thread([&] { loop.run(); });
        HttpClient client(host, port);
        CHECK(client.get("/metrics").body == "metrics");
        asio::post(loop, [&] { server.stop(); });
        CHECK(client.is_closed());
        thread.join();
    }
}

TEST_CASE("where somebody listens already the refusal says so, and what to do") {
    const int port = free_port();
    const auto address = parse_host_port("127.0.0.1:" + std::to_string(port));
    const MetricsListener first(address);
    const auto refusal = [&](const std::optional<ListenAddress>& wanted) {
        try {
            const MetricsListener second(wanted);
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorCode::internal, "it listens");
    };
    const Error taken = refusal(address);
    CHECK(taken.code() == ErrorCode::busy);
    CHECK(taken.what() ==
          "cannot listen on '127.0.0.1:" + std::to_string(port) + "': Address already in use");
    CHECK(contains(taken.hint(), "'metrics.listen'"));
    const Error foreign = refusal(parse_host_port("192.0.2.1:9187"));
    CHECK(foreign.code() == ErrorCode::config);
    CHECK(contains(foreign.hint(), "an address of this machine"));
}

TEST_CASE("a Unix socket is its group's, replaces a stale one, and goes with its listener") {
    const TempDir directory;
    ListenAddress address;
    address.path = directory.path() / "run" / "metrics.sock";
    {
        MetricsListener crashed(address);
        const MetricsListener kept(std::move(crashed));
        using std::filesystem::perms;
        CHECK(std::filesystem::status(address.path).permissions() == perms(0660));
        try {
            const MetricsListener second(address);
            FAIL("two listen");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::busy);
            CHECK(error.hint() == "set 'metrics.listen' to another path");
        }
        CHECK(std::filesystem::exists(address.path));
    }
    CHECK_FALSE(std::filesystem::exists(address.path));
    write_file(address.path, "no socket");
    CHECK_THROWS_AS(MetricsListener(address), Error);
    CHECK(read_file(address.path) == "no socket");
}

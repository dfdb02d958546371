// Webhooks, against a web server of the test.
#include "daemon/notify/webhook.hpp"

#include <sys/stat.h>

#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/notify/http_server.hpp"

using namespace tsb;
using test::contains;
using test::HttpServer;

namespace {

const RetryPolicy quick{.attempts = 3, .first_pause = std::chrono::milliseconds(1)};

WebhookConfig webhook_at(const std::string& url) {
    WebhookConfig webhook;
    webhook.url = url;
    return webhook;
}

std::optional<Error> post(const WebhookConfig& webhook, const RetryPolicy& policy = quick) {
    return post_webhook(webhook, "{\"event\":\"failure\"}", policy, std::stop_token());
}

struct Token {
    explicit Token(const std::string& text) {
        test::write_file(path, text);
        ::chmod(path.c_str(), 0600);
    }
    test::TempDir directory;
    std::string path = (directory.path() / "token").string();
};

}  // namespace

TEST_CASE("the body is posted as JSON") {
    HttpServer server({HttpServer::status(200)});
    CHECK_FALSE(post(webhook_at(server.url())));
    REQUIRE(server.requests().size() == 1);
    const std::string request = server.requests().front();
    CHECK(request.starts_with("POST /services/marker-path?key=marker-key HTTP/1.1\r\n"));
    CHECK(contains(request, "\r\nContent-Type: application/json\r\n"));
    CHECK(request.ends_with("\r\n\r\n{\"event\":\"failure\"}"));
    CHECK_FALSE(contains(request, "Authorization"));
}

TEST_CASE("what may pass is tried again, what will not is told at once") {
    struct Row {
        std::vector<HttpServer::Reply> replies;
        std::size_t requests;
        const char* cause;  // nullptr: taken
    };
    const auto status = [](int number) { return HttpServer::status(number); };
    const std::string moved = "HTTP/1.1 302 x\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    for (const Row& row :
         {Row{{status(204)}, 1, nullptr}, Row{{status(500), status(200)}, 2, nullptr},
          Row{{HttpServer::drop, status(503), status(200)}, 3, nullptr},
          Row{{status(408), status(429), status(201)}, 3, nullptr},
          Row{{status(500)}, 3, "status 500"},
          Row{{HttpServer::drop}, 3, "Empty reply from server"},
          Row{{status(404)}, 1, "status 404"}, Row{{status(401)}, 1, "status 401"},
          Row{{moved, status(200)}, 1, "status 302"}}) {
        HttpServer server(row.replies);
        const std::optional<Error> failure = post(webhook_at(server.url()));
        CAPTURE(row.replies);
        CHECK(server.requests().size() == row.requests);
        REQUIRE(failure.has_value() == (row.cause != nullptr));
        if (!failure) continue;
        CHECK(failure->code() == ErrorCode::connection);
        const std::string url = server.url();
        const std::string origin = url.substr(0, url.find("/services"));
        CHECK(failure->what() == "cannot post to '" + origin + "': " + row.cause);
    }
}

TEST_CASE("a server that never answers is given up at the time limit") {
    HttpServer server({HttpServer::silence});
    WebhookConfig webhook = webhook_at(server.url());
    webhook.timeout = std::chrono::seconds(1);
    const std::optional<Error> failure = post(webhook, {.attempts = 1, .first_pause = {}});
    REQUIRE(failure);
    CHECK(failure->code() == ErrorCode::connection);
    CHECK(contains(failure->what(), "timed out"));
}

TEST_CASE("an answer without an end is cut off and its status counts") {
    const std::string endless = "HTTP/1.1 200 x\r\n\r\n" + std::string(100'000, 'x');
    HttpServer server({endless});
    CHECK_FALSE(post(webhook_at(server.url())));
    CHECK(server.requests().size() == 1);
}

TEST_CASE("nobody listens: told without the path") {
    std::string url;
    {
        const HttpServer gone({HttpServer::drop});
        url = gone.url();
    }
    const std::optional<Error> failure = post(webhook_at(url));
    REQUIRE(failure);
    CHECK(failure->code() == ErrorCode::connection);
    CHECK_FALSE(contains(failure->what(), "marker"));
}

TEST_CASE("a request to stop ends a post and a pause") {
    for (const HttpServer::Reply& reply : {HttpServer::silence, HttpServer::drop}) {
        CAPTURE(reply);
        HttpServer server({reply});
        WebhookConfig webhook = webhook_at(server.url());
        webhook.timeout = std::chrono::hours(1);
        const RetryPolicy patient{.attempts = 3, .first_pause = std::chrono::hours(1)};
        std::stop_source stop;
        std::optional<Error> failure;
        std::thread worker(
            [&] { failure = post_webhook(webhook, "{}", patient, stop.get_token()); });
        CHECK(server.wait_for_requests(1));
        stop.request_stop();
        worker.join();
        REQUIRE(failure);
        CHECK(failure->code() == ErrorCode::cancelled);
        CHECK(server.requests().size() == 1);
    }
}

TEST_CASE("only http and https are spoken, and no secret stands in a URL") {
    const test::TempDir directory;
    test::write_file(directory.path() / "file", "x");
    for (const std::string& url :
         {"file://" + (directory.path() / "file").string(), std::string("ftp://127.0.0.1/"),
          std::string("nonsense://x"), std::string("https://"), std::string(),
          std::string("http://marker:x@127.0.0.1/"), std::string("http://:marker@127.0.0.1/")}) {
        CAPTURE(url);
        const std::optional<Error> failure = post(webhook_at(url));
        REQUIRE(failure);
        CHECK(failure->code() == ErrorCode::config);
        CHECK_FALSE(contains(failure->what(), "marker"));
    }
}

TEST_CASE("the token is sent and never told") {
    HttpServer server({HttpServer::status(200), HttpServer::status(403)});
    const Token token("marker-token\n");
    WebhookConfig webhook = webhook_at(server.url());
    webhook.token_file = token.path;
    CHECK_FALSE(post(webhook));
    const std::optional<Error> failure = post(webhook);
    REQUIRE(failure);
    CHECK_FALSE(contains(failure->what(), "marker"));
    for (const std::string& request : server.requests()) {
        CHECK(contains(request, "\r\nAuthorization: Bearer marker-token\r\n"));
    }
}

TEST_CASE("a token that cannot stand in a header is refused and nothing is sent") {
    HttpServer server({HttpServer::status(200)});
    for (const char* text : {"", "\n", "marker token", "marker\r\nX-Injected: 1", "marker\n\n"}) {
        CAPTURE(text);
        const Token token(text);
        WebhookConfig webhook = webhook_at(server.url());
        webhook.token_file = token.path;
        const std::optional<Error> failure = post(webhook);
        REQUIRE(failure);
        CHECK(failure->code() == ErrorCode::config);
        CHECK_FALSE(contains(failure->what(), "marker"));
    }
    CHECK(server.requests().empty());
}

TEST_CASE("a certificate that nobody vouches for is refused") {
    const test::TempDir directory;
    const std::string key = (directory.path() / "key.pem").string();
    const std::string certificate = (directory.path() / "certificate.pem").string();
    test::must_run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    key, "-out", certificate});
    const auto log = directory.path() / "log";
    const test::Background server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key",
                                   key, "-cert", certificate},
                                  {}, log);
    const std::string mark = "ACCEPT ";
    REQUIRE(test::eventually([&] {
        const std::string text = test::read_file(log);
        const std::size_t at = text.find(mark);
        return at != std::string::npos && text.find('\n', at) != std::string::npos;
    }));
    const std::string text = test::read_file(log);
    const std::size_t at = text.find(mark) + mark.size();
    const std::string address = text.substr(at, text.find('\n', at) - at);
    const std::optional<Error> failure = post(webhook_at("https://" + address + "/"));
    REQUIRE(failure);
    CHECK(failure->code() == ErrorCode::connection);
    CHECK(contains(failure->what(), "certificate"));
}

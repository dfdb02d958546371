#include "daemon/wire.hpp"

#include "daemon/verb_spec.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

namespace {

ErrorCode code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    FAIL("nothing was thrown");
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("malformed requests are usage errors") {
    const std::string line = GENERATE(
        std::string(), std::string("\0\x01\x02", 3), std::string("null"), std::string("42"),
        std::string("[]"), std::string("{"), std::string("{}"), std::string("GET / HTTP/1.1"),
        std::string(R"({"v":1})"), std::string(R"({"v":1,"verb":""})"),
        std::string(R"({"v":1,"verb":7})"), std::string(R"({"v":2,"verb":"status"})"),
        std::string(R"({"v":"1","verb":"status"})"), std::string(R"({"verb":"status"})"),
        std::string(R"({"v":1,"verb":"status","args":[]})"),
        std::string(R"({"v":1,"verb":"status","args":null})"),
        std::string(R"({"v":1,"verb":"status","user":"root"})"),
        std::string(R"({"v":1,"verb":"status"} {"v":1})"),
        std::string("{\"v\":1,\"verb\":\"\xff\xfe\"}"),
        std::string(R"({"v":1,"verb":"x","args":{"a":[[["deep"]]]}})"),
        "{\"v\":1,\"verb\":\"x\",\"args\":{\"a\":" + std::string(30000, '[') + "}}",
        std::string(request_limit + 1, ' '));
    CHECK(code_of([&] { decode_request(line); }) == ErrorCode::usage);
}

TEST_CASE("brackets in texts are no depth") {
    const std::string text = "[[[[{{{{\\\"[[[[\\\\";
    const std::string line = R"({"v":1,"verb":"backup","args":{"label":")" + text + "\"}}";
    CHECK(text_arg(decode_request(line).args, "label") == "[[[[{{{{\"[[[[\\");
    const std::string hidden = R"({"v":1,"verb":"x","args":{"a":"\\","b":[[["deep"]]]}})";
    CHECK(code_of([&] { decode_request(hidden); }) == ErrorCode::usage);
}

TEST_CASE("a request comes out as it went in") {
    const Request sent("restore", {{"backup", "latest"}, {"tablespace-map", {"/a=/b"}}});
    const std::string line = encode_line(encode_request(sent));
    CHECK(line.back() == '\n');
    const Request received = decode_request(line);
    CHECK(received.verb == "restore");
    CHECK(received.args == sent.args);
}

TEST_CASE("malformed replies are protocol errors") {
    const std::string line =
        GENERATE(std::string(), std::string("x"), std::string("{}"), std::string(R"({"ok":1})"),
                 std::string(R"({"error":"no"})"), std::string(R"({"error":{"code":"io"}})"),
                 std::string(R"({"event":7})"), std::string(R"({"event":""})"));
    CHECK(code_of([&] { decode_reply(line); }) == ErrorCode::protocol);
}

TEST_CASE("an outcome crosses the wire with code, message, hint and result") {
    const Outcome sent({{"problems", {"base.tar.gz"}}},
                       Error(ErrorCode::damaged, "cannot verify 'x'", "take another"));
    const ReplyLine line = decode_reply(encode_line(encode_outcome(sent)));
    REQUIRE_FALSE(line.event);
    REQUIRE(line.outcome.failure);
    CHECK(line.outcome.failure->code() == ErrorCode::damaged);
    CHECK(line.outcome.failure->what() == std::string("cannot verify 'x'"));
    CHECK(line.outcome.failure->hint() == "take another");
    CHECK(line.outcome.result == sent.result);
}

TEST_CASE("text that is not UTF-8 does not stop a reply") {
    const Outcome sent(Json({{"label", "caf\xe9"}}));
    const ReplyLine line = decode_reply(encode_line(encode_outcome(sent)));
    CHECK(line.outcome.result.contains("label"));
}

TEST_CASE("progress crosses the wire") {
    ProgressEvent sent;
    sent.job = "b-1";
    sent.kind = "backup";
    sent.phase = "copying";
    sent.bytes_done = 5'000'000'000;
    sent.files_total = 3;
    const auto received = decode_progress(encode_progress(sent));
    REQUIRE(received);
    CHECK(received->phase == "copying");
    CHECK(received->bytes_done == 5'000'000'000);
    CHECK(received->files_total == 3);
    CHECK_FALSE(decode_progress({{"event", "job"}}));
    CHECK(decode_progress({{"event", "progress"}, {"bytes_done", -1}})->bytes_done == 0);
}

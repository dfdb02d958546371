#include "daemon/metrics/http_decision.hpp"

#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("three addresses are answered, with whatever query") {
    CHECK(decide_http({"GET", "/metrics"}).resource == HttpResource::metrics);
    CHECK(decide_http({"GET", "/metrics?name[]=up"}).resource == HttpResource::metrics);
    CHECK(decide_http({"GET", "/healthz"}).resource == HttpResource::healthz);
    CHECK(decide_http({"GET", "/readyz?verbose"}).resource == HttpResource::readyz);
    CHECK(decide_http({"GET", "/readyz"}).status == 200);
}

TEST_CASE("every other address is unknown, and the connection stays") {
    for (const char* target : {"", "/", "*", "/Metrics", "/metrics/", "//metrics", "/metrics%00",
                               "http://x/metrics", "/../metrics", "/metrics#a", "/api/v1/backup"}) {
        CAPTURE(target);
        const HttpDecision decision = decide_http({"GET", target});
        CHECK(decision.status == 404);
        CHECK(decision.resource == HttpResource::none);
        CHECK_FALSE(decision.leave);
    }
}

TEST_CASE("other methods and bodies are refused for every address, and the connection ends") {
    for (const char* method : {"HEAD", "POST", "get", "", "GETS", "OPTIONS"}) {
        CAPTURE(method);
        for (const char* target : {"/metrics", "/none"}) {
            const HttpDecision decision = decide_http({method, target});
            CHECK(decision.status == 405);
            CHECK(decision.leave);
            CHECK(decision.resource == HttpResource::none);
        }
    }
    const HttpDecision body = decide_http({"GET", "/metrics", true});
    CHECK(body.status == 413);
    CHECK(body.leave);
    CHECK(head_too_long().status == 431);
    CHECK(malformed_head().status == 400);
}

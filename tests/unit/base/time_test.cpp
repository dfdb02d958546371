#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace tsb;

TEST_CASE("times go to ISO 8601 and back") {
    for (const char* text : {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2026-11-23T01:42:24Z",
                             "1969-12-31T23:59:59Z", "2199-12-31T00:00:00Z"}) {
        CHECK(to_iso8601(from_iso8601(text)) == text);
    }
    CHECK(from_iso8601("1970-01-02T00:00:01Z").time_since_epoch() == std::chrono::seconds(86401));
}

TEST_CASE("parts of a second are cut off, also before 1970") {
    using std::chrono::milliseconds;
    CHECK(to_iso8601(SystemTime(milliseconds(1999))) == "1970-01-01T00:00:01Z");
    CHECK(to_iso8601(SystemTime(milliseconds(-1))) == "1969-12-31T23:59:59Z");
}

TEST_CASE("malformed times are refused") {
    for (const char* bad :
         {"", "2026-11-23", "2026-11-23T01:42:24", "2026-11-23 01:42:24Z", "2026-11-23T01:42:24Zx",
          "2026-13-23T01:42:24Z", "2026-02-29T01:42:24Z", "2026-11-00T01:42:24Z",
          "2026-11-23T24:00:00Z", "2026-11-23T01:60:00Z", "2026-11-23T01:42:60Z",
          "2026-11-2301:42:24ZZ", "+026-11-23T01:42:24Z", "9999-11-23T01:42:24Z",
          "0000-01-01T00:00:00Z", "2026-11-23T-1:42:24Z"}) {
        CAPTURE(bad);
        try {
            from_iso8601(bad);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::damaged);
        }
    }
}

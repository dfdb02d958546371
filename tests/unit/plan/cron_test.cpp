#include "core/plan/cron.hpp"

#include <random>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/plan/times.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::minutes;

namespace {

struct Good {
    const char* text;
    const char* from;
    std::vector<const char*> next;  // the first that follow
};

const std::vector<Good> good = {
    {"0 2 * * *", "2026-11-23 02:00", {"2026-11-24 02:00", "2026-11-25 02:00"}},
    {"*/15 * * * *", "2026-11-23 23:40", {"2026-11-23 23:45", "2026-11-24 00:00"}},
    {"5-20/10 8 * * *",
     "2026-11-23 00:00",
     {"2026-11-23 08:05", "2026-11-23 08:15", "2026-11-24 08:05"}},
    {"0 22,4 * * *",
     "2026-11-23 03:00",
     {"2026-11-23 04:00", "2026-11-23 22:00", "2026-11-24 04:00"}},
    {"59 23 31 12 *", "2026-11-23 00:00", {"2026-12-31 23:59", "2027-12-31 23:59"}},
    {"0 0 29 2 *", "2026-11-23 00:00", {"2028-02-29 00:00", "2032-02-29 00:00"}},
    {"0 0 29 feb *", "2096-02-29 00:00", {"2104-02-29 00:00"}},
    {"0 0 31 * *",
     "2026-11-23 00:00",
     {"2026-12-31 00:00", "2027-01-31 00:00", "2027-03-31 00:00"}},
    {"0 3 * JAN,Jul sun", "2026-11-23 00:00", {"2027-01-03 03:00", "2027-01-10 03:00"}},
    {"0 3 * * 0", "2026-11-23 00:00", {"2026-11-29 03:00"}},
    {"0 3 * * 7", "2026-11-23 00:00", {"2026-11-29 03:00"}},
    {"0 3 * * fri-sun",
     "2026-11-23 00:00",
     {"2026-11-27 03:00", "2026-11-28 03:00", "2026-11-29 03:00", "2026-12-04 03:00"}},
    {"0 3 * * 5-7", "2026-11-28 03:00", {"2026-11-29 03:00", "2026-12-04 03:00"}},
    {"0 3 * * sun-mon", "2026-11-23 03:00", {"2026-11-29 03:00", "2026-11-30 03:00"}},
    {"0 3 * * sun-sun", "2026-11-23 03:00", {"2026-11-29 03:00", "2026-12-06 03:00"}},
    // Both days restricted: either matches. One that begins with a star: both must.
    {"0 0 13 * fri",
     "2026-11-23 00:00",
     {"2026-11-27 00:00", "2026-12-04 00:00", "2026-12-11 00:00", "2026-12-13 00:00"}},
    {"0 0 30 2 fri", "2026-02-01 00:00", {"2026-02-06 00:00", "2026-02-13 00:00"}},
    {"0 0 */10 * fri", "2026-11-23 00:00", {"2026-12-11 00:00", "2027-01-01 00:00"}},
    {"  0\t2  * * * ", "2026-11-23 02:00", {"2026-11-24 02:00"}},
    {"@hourly", "2026-11-23 02:00", {"2026-11-23 03:00"}},
    {"@daily", "2026-11-23 02:00", {"2026-11-24 00:00"}},
    {"@midnight", "2026-11-23 02:00", {"2026-11-24 00:00"}},
    {"@weekly", "2026-11-23 02:00", {"2026-11-29 00:00"}},
    {"@monthly", "2026-11-23 02:00", {"2026-12-01 00:00"}},
    {"@yearly", "2026-11-23 02:00", {"2027-01-01 00:00"}},
    {"@annually", "2026-11-23 02:00", {"2027-01-01 00:00"}},
};

struct Bad {
    const char* text;
    const char* cause;
};

const std::vector<Bad> bad = {
    {"", "expected 5 fields, found 0"},
    {"0 2 * *", "expected 5 fields, found 4"},
    {"0 0 2 * * *", "expected 5 fields, found 6"},
    {"60 2 * * *", "minute '60': expected 0 to 59"},
    {"0 24 * * *", "hour '24': expected 0 to 23"},
    {"0 2 0 * *", "day of month '0': expected 1 to 31"},
    {"0 2 32 * *", "day of month '32': expected 1 to 31"},
    {"0 2 * 13 *", "month '13': expected 1 to 12 or jan to dec"},
    {"0 2 * foo *", "month 'foo': expected 1 to 12 or jan to dec"},
    {"0 2 * january *", "month 'january': expected 1 to 12 or jan to dec"},
    {"0 2 * * 8", "day of week '8': expected 0 to 7 or sun to sat"},
    {"mon 2 * * *", "minute 'mon': expected 0 to 59"},
    {"-1 2 * * *", "minute '-1': expected 0 to 59"},
    {"+1 2 * * *", "minute '+1': expected 0 to 59"},
    {"1- 2 * * *", "minute '1-': expected 0 to 59"},
    {"1,,2 2 * * *", "minute '': expected 0 to 59"},
    {"1, 2 * * *", "minute '': expected 0 to 59"},
    {"0 22-4 * * *", "hour '22-4': a range must not go backwards; write two with a comma"},
    {"0 2 * * sat-mon", "day of week 'sat-mon': a range must not go backwards"},
    {"*/0 2 * * *", "minute '*/0': expected a step of 1 to 59 behind '/'"},
    {"*/90 2 * * *", "minute '*/90': expected a step of 1 to 59 behind '/'"},
    {"*/ 2 * * *", "minute '*/': expected a step of 1 to 59 behind '/'"},
    {"5/10 2 * * *", "minute '5/10': a step follows '*' or a range"},
    {"*-5 2 * * *", "minute '*-5': expected 0 to 59"},
    {"1-2-3 2 * * *", "minute '1-2-3': expected 0 to 59"},
    {"99999999999 2 * * *", "minute '99999999999': expected 0 to 59"},
    {"? 2 * * *", "minute '?': expected 0 to 59"},
    {"0 2 L * *", "day of month 'L': expected 1 to 31"},
    {"0 2 30 2 *", "no month of these has such a day, so it never occurs"},
    {"0 2 31 4,6,9,11 *", "no month of these has such a day, so it never occurs"},
    {"0 2 30 2 */2", "no month of these has such a day, so it never occurs"},
    {"@reboot", "'@reboot' is no such name"},
    {"@daily 1", "expected 5 fields, found 2"},
};

std::string random_field(std::mt19937& random) {
    static const std::vector<std::string> items = {
        "*",  "*",   "0",   "1",   "5",   "7",   "12",  "23",  "29",      "30",     "31",
        "60", "1-5", "2-4", "jan", "feb", "sun", "*/2", "*/9", "mon-fri", "0-59/7", "2-30/4"};
    static const std::vector<std::string> junk = {"",  "-", "/",  ",",  " ",
                                                  "x", "@", "*/", "\n", "?"};
    std::string text = items[random() % items.size()];
    while (random() % 4 == 0) text += "," + items[random() % items.size()];
    if (random() % 20 == 0) text += junk[random() % junk.size()];
    return text;
}

std::string random_text(std::mt19937& random) {
    std::string text = random_field(random);
    const unsigned fields = random() % 20 == 0 ? random() % 8 : 5;
    for (unsigned i = 1; i < fields; ++i) text += " " + random_field(random);
    return text;
}

}  // namespace

TEST_CASE("cron expressions name local minutes, forwards and backwards") {
    for (const Good& row : good) {
        CAPTURE(row.text);
        const CronExpression cron = CronExpression::parse(row.text);
        LocalTime at = local(row.from);
        for (const char* next : row.next) {
            CAPTURE(next);
            const LocalTime expected = local(next);
            CHECK(cron.after(at) == expected);
            CHECK(cron.matches(expected));
            CHECK(cron.at_or_before(expected) == expected);
            CHECK(cron.at_or_before(expected - minutes(1)) <= at);
            CHECK_FALSE(cron.matches(expected + std::chrono::seconds(1)));
            at = expected;
        }
    }
}

TEST_CASE("what is no cron expression is refused, and the message says which part and why") {
    for (const Bad& row : bad) {
        CAPTURE(row.text);
        const Error error = error_of([&] { CronExpression::parse(row.text); });
        CHECK(error.code() == ErrorCode::config);
        const std::string message = error.what();
        CAPTURE(message);
        CHECK(message.starts_with(std::string("cannot read cron expression '") + row.text +
                                  "': " + row.cause));
    }
    CHECK(error_of([] { CronExpression::parse("@dayly"); }).hint() == "did you mean '@daily'?");
}

TEST_CASE("the text of an expression is as written, with single spaces") {
    CHECK(CronExpression::parse(" 0  2\t* * Mon ").text() == "0 2 * * Mon");
    CHECK(CronExpression::parse("@daily").text() == "@daily");
}

TEST_CASE("whatever parses occurs, and before and after agree") {
    std::mt19937 random(1);
    unsigned parsed = 0;
    const LocalTime now = local("2026-11-23 12:34");
    for (int i = 0; i < 20000; ++i) {
        const std::string text = random_text(random);
        CAPTURE(text);
        try {
            const CronExpression cron = CronExpression::parse(text);
            ++parsed;
            const LocalTime next = cron.after(now);
            REQUIRE(next > now);
            REQUIRE(next < now + std::chrono::days(366 * 40));
            REQUIRE(cron.at_or_before(next) == next);
            const LocalTime last = cron.at_or_before(now);
            REQUIRE(last <= now);
            REQUIRE(cron.after(last) == next);
        } catch (const Error& error) {
            REQUIRE(error.code() == ErrorCode::config);
        }
    }
    CHECK(parsed > 500);
}

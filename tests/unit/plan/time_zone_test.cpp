#include "core/plan/time_zone.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/plan/times.hpp"
#include "tests/unit/plan/tz_variable.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::seconds;

TEST_CASE("a zone tells the local time of a moment, and the moment of a local time") {
    const TimeZone berlin = TimeZone::find("Europe/Berlin");
    CHECK(berlin.name() == "Europe/Berlin");
    CHECK(berlin.to_local(utc("2026-11-23 01:00")) == local("2026-11-23 02:00"));
    CHECK(berlin.first_moment(local("2026-11-23 02:00")) == utc("2026-11-23 01:00"));
    CHECK(berlin.text(utc("2026-11-23 01:00") + seconds(59)) == "2026-11-23 02:00 CET");
    CHECK(berlin.text(utc("2026-07-01 00:00")) == "2026-07-01 02:00 CEST");
    CHECK(berlin.next_change(utc("2026-01-01 00:00")) == utc("2026-03-29 01:00"));
}

TEST_CASE("a local time that does not exist stands for the moment right after the gap") {
    const TimeZone berlin = TimeZone::find("Europe/Berlin");
    for (const char* missing :
         {"2026-03-29 02:00", "2026-03-29 02:30", "2026-03-29 02:59", "2026-03-29 03:00"}) {
        CAPTURE(missing);
        CHECK(berlin.first_moment(local(missing)) == utc("2026-03-29 01:00"));
    }
    CHECK(berlin.first_moment(local("2026-03-29 01:59")) == utc("2026-03-29 00:59"));
    CHECK(berlin.first_moment(local("2026-03-29 03:01")) == utc("2026-03-29 01:01"));
    // Samoa crossed the date line and had no 30 December 2011.
    const TimeZone apia = TimeZone::find("Pacific/Apia");
    CHECK(apia.first_moment(local("2011-12-30 12:00")) == utc("2011-12-30 10:00"));
    CHECK(apia.to_local(utc("2011-12-30 10:00")) == local("2011-12-31 00:00"));
}

TEST_CASE("a local time that occurs twice stands for the first of the two") {
    const TimeZone berlin = TimeZone::find("Europe/Berlin");
    CHECK(berlin.first_moment(local("2026-10-25 02:00")) == utc("2026-10-25 00:00"));
    CHECK(berlin.first_moment(local("2026-10-25 02:59")) == utc("2026-10-25 00:59"));
    CHECK(berlin.first_moment(local("2026-10-25 03:00")) == utc("2026-10-25 02:00"));

    CHECK(berlin.to_local(utc("2026-10-25 01:10")) == local("2026-10-25 02:10"));
    CHECK(berlin.reached(utc("2026-10-25 01:10")) == local("2026-10-25 02:59") + seconds(59));
    CHECK(berlin.reached(utc("2026-10-25 00:10")) == local("2026-10-25 02:10"));
    CHECK(berlin.reached(utc("2026-10-25 02:00")) == local("2026-10-25 03:00"));
}

TEST_CASE("UTC needs no database and never changes") {
    for (const TimeZone& zone : {TimeZone(), TimeZone::find("UTC")}) {
        const SystemTime time = utc("2026-07-01 00:00");
        CHECK(zone.name() == "UTC");
        CHECK(zone == TimeZone());
        CHECK(zone.text(time) == "2026-07-01 00:00 UTC");
        CHECK(zone.to_local(time) == local("2026-07-01 00:00"));
        CHECK(zone.reached(time) == local("2026-07-01 00:00"));
        CHECK(zone.first_moment(local("2026-07-01 00:00")) == time);
        CHECK(zone.next_change(time) == SystemTime::max());
    }
}

TEST_CASE("parts of a second are cut off, also before 1970") {
    const TimeZone berlin = TimeZone::find("Europe/Berlin");
    const SystemTime before_1970 = SystemTime(std::chrono::milliseconds(-1));
    CHECK(berlin.to_local(before_1970) == local("1970-01-01 01:00") - seconds(1));
    CHECK(TimeZone().to_local(before_1970) == local("1970-01-01 00:00") - seconds(1));
}

TEST_CASE("the ends of time are no overflow") {
    for (const char* name : {"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"}) {
        const TimeZone zone = TimeZone::find(name);
        CAPTURE(name);
        CHECK(zone.next_change(SystemTime::max()) == SystemTime::max());
        CHECK(zone.first_moment(local("2200-01-01 00:00") + std::chrono::days(366 * 300)) ==
              SystemTime::max());
        CHECK(zone.first_moment(local("1700-01-01 00:00") - std::chrono::days(366 * 300)) ==
              SystemTime::min());
    }
}

TEST_CASE("an unknown zone is refused with the nearest known one") {
    const Error near = error_of([] { TimeZone::find("Europe/Berlinn"); });
    CHECK(near.code() == ErrorCode::config);
    CHECK(std::string(near.what()) ==
          "cannot find time zone 'Europe/Berlinn': the database has no such name");
    CHECK(near.hint() == "did you mean 'Europe/Berlin'?");
    for (const char* bad : {"", "/etc/passwd", "../zoneinfo/Europe/Berlin", "CET-1CEST", "Zürich",
                            "europe/berlin", "Europe/Berlin\n"}) {
        CAPTURE(bad);
        CHECK(error_of([bad] { TimeZone::find(bad); }).code() == ErrorCode::config);
    }
}

TEST_CASE("the machine's zone is the one that TZ names") {
    for (const char* value : {"Australia/Lord_Howe", ":Australia/Lord_Howe"}) {
        const TzVariable tz(value);
        CHECK(TimeZone::machine().name() == "Australia/Lord_Howe");
    }
    const TzVariable utc_wanted("UTC");
    CHECK(TimeZone::machine() == TimeZone());
    // Whatever the machine's zone is, there is one.
    const TzVariable unknown("Nowhere/At_All");
    CHECK_FALSE(TimeZone::machine().name().empty());
}

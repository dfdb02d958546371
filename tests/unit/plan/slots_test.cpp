// The slots of cron entries against an oracle: real time walked minute by minute, local time told
// by libc, matching written by hand.
#include <ctime>
#include <functional>
#include <vector>

#include "core/plan/schedule_entry.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/plan/times.hpp"
#include "tests/unit/plan/tz_variable.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// Zones with clock changes on both hemispheres, one of half an hour, one with changes at midnight,
/// one whose winter time is for Ramadan only, one that stopped in the middle, two without any.
const std::vector<const char*> zones = {"Europe/Berlin",
                                        "America/New_York",
                                        "Australia/Sydney",
                                        "America/Santiago",
                                        "Pacific/Auckland",
                                        "Australia/Lord_Howe",
                                        "Africa/Casablanca",
                                        "Asia/Gaza",
                                        "America/Nuuk",
                                        "Asia/Kolkata",
                                        "UTC"};

struct Pattern {
    const char* text;
    std::function<bool(const std::tm&)> matches;
};

const std::vector<Pattern> patterns = {
    {"30 2 * * *", [](const std::tm& at) { return at.tm_hour == 2 && at.tm_min == 30; }},
    {"0 * * * *", [](const std::tm& at) { return at.tm_min == 0; }},
    {"*/15 * * * *", [](const std::tm& at) { return at.tm_min % 15 == 0; }},
    {"45 0,1,3,23 * * *",
     [](const std::tm& at) {
         return at.tm_min == 45 && (at.tm_hour < 2 || at.tm_hour == 3 || at.tm_hour == 23);
     }},
    {"10-50/20 0-3 * * sun",
     [](const std::tm& at) {
         return at.tm_wday == 0 && at.tm_hour < 4 &&
                (at.tm_min == 10 || at.tm_min == 30 || at.tm_min == 50);
     }},
    {"0 2 1 * sat",
     [](const std::tm& at) {
         return at.tm_hour == 2 && at.tm_min == 0 && (at.tm_mday == 1 || at.tm_wday == 6);
     }},
};

/// libc's idea of local time in the zone of TZ, in minutes since 1970 as its clocks count them.
std::int64_t local_minute(std::int64_t minute) {
    const std::time_t time = minute * 60;
    std::tm at{};
    localtime_r(&time, &at);
    return minute + at.tm_gmtoff / 60;
}

std::int64_t minute_of(SystemTime time) {
    return std::chrono::floor<minutes>(time.time_since_epoch()).count();
}

/// The real minutes later than `from` until `to` at which the clocks first show a minute of the
/// pattern, or leap over some that they never showed.
std::vector<std::int64_t> slots_by_hand(const Pattern& pattern, std::int64_t from,
                                        std::int64_t to) {
    std::vector<std::int64_t> slots;
    std::int64_t shown = local_minute(from);
    for (std::int64_t minute = from + 1; minute <= to; ++minute) {
        const std::int64_t now = local_minute(minute);
        bool due = false;
        for (; shown < now; ++shown) {
            const std::time_t next = (shown + 1) * 60;
            std::tm at{};
            gmtime_r(&next, &at);
            due = due || pattern.matches(at);
        }
        if (due) slots.push_back(minute);
    }
    return slots;
}

std::vector<std::int64_t> slots_by_entry(const ScheduleEntry& entry, SystemTime from,
                                         SystemTime to) {
    std::vector<std::int64_t> slots;
    for (SystemTime slot = slot_after(entry, from); slot <= to; slot = slot_after(entry, slot)) {
        slots.push_back(minute_of(slot));
    }
    return slots;
}

ScheduleEntry entry_of(const char* cron, const char* zone) {
    ScheduleEntry entry("backup", CronExpression::parse(cron));
    entry.zone = TimeZone::find(zone);
    return entry;
}

/// Every hour at which libc changes the offset.
std::vector<SystemTime> changes(SystemTime from, SystemTime to) {
    std::vector<SystemTime> found;
    for (SystemTime at = from; at < to; at += hours(1)) {
        const auto offset = [](SystemTime time) {
            return local_minute(minute_of(time)) - minute_of(time);
        };
        if (offset(at) != offset(at + hours(1))) found.push_back(at);
    }
    return found;
}

}  // namespace

TEST_CASE("around every clock change from 2024 to 2030 the slots are those found by hand") {
    for (const char* zone : zones) {
        CAPTURE(zone);
        const TzVariable libc(zone);
        const auto found = changes(utc("2024-01-01 00:00"), utc("2031-01-01 00:00"));
        const bool changes_clocks =
            std::string(zone) != "UTC" && std::string(zone) != "Asia/Kolkata";
        CHECK(found.empty() != changes_clocks);
        for (const SystemTime change : found) {
            // No change within a day of the ends: what was shown before the walk is known.
            const SystemTime from = change - hours(26);
            const SystemTime to = change + hours(26);
            for (const Pattern& pattern : patterns) {
                CAPTURE(pattern.text, to_iso8601(change));
                const ScheduleEntry entry = entry_of(pattern.text, zone);
                REQUIRE(slots_by_entry(entry, from, to) ==
                        slots_by_hand(pattern, minute_of(from), minute_of(to)));
            }
        }
    }
}

TEST_CASE("over whole years the slots are those found by hand") {
    for (const char* zone : {"America/Santiago", "Australia/Lord_Howe", "UTC"}) {
        CAPTURE(zone);
        const TzVariable libc(zone);
        const SystemTime from = utc("2027-12-31 12:00");
        const SystemTime to = utc("2028-12-31 12:00");
        const ScheduleEntry entry = entry_of(patterns.back().text, zone);
        CHECK(slots_by_entry(entry, from, to) ==
              slots_by_hand(patterns.back(), minute_of(from), minute_of(to)));
    }
}

TEST_CASE("a daily time has one slot on each local day, whatever the clocks do") {
    for (const char* zone : zones) {
        CAPTURE(zone);
        const ScheduleEntry entry = entry_of("30 2 * * *", zone);
        SystemTime slot = slot_after(entry, utc("2024-01-01 12:00"));
        auto day = std::chrono::floor<days>(entry.zone.to_local(slot));
        while (slot < utc("2031-01-01 00:00")) {
            slot = slot_after(entry, slot);
            day += days(1);
            REQUIRE(std::chrono::floor<days>(entry.zone.to_local(slot)) == day);
        }
    }
}

TEST_CASE("the slot before a moment is the last of those that come before") {
    for (const char* zone : zones) {
        CAPTURE(zone);
        for (const Pattern& pattern : patterns) {
            const ScheduleEntry entry = entry_of(pattern.text, zone);
            SystemTime change = utc("2024-01-01 00:00");
            for (int i = 0; i < 6; ++i) {
                change = entry.zone.next_change(change);
                if (change == SystemTime::max()) change = utc("2026-03-01 00:00");
                SystemTime slot = slot_after(entry, change - hours(26));
                for (int k = 0; k < 40; ++k) {
                    const SystemTime next = slot_after(entry, slot);
                    REQUIRE(next > slot);
                    REQUIRE(slot_at_or_before(entry, slot) == slot);
                    REQUIRE(slot_at_or_before(entry, next - SystemTime::duration(1)) == slot);
                    REQUIRE(slot_after(entry, next - SystemTime::duration(1)) == next);
                    slot = next;
                }
            }
        }
    }
}

TEST_CASE("'every' counts real time since 1970 and knows no zone") {
    ScheduleEntry entry("verify", hours(6));
    for (const char* zone : {"UTC", "Australia/Lord_Howe"}) {
        entry.zone = TimeZone::find(zone);
        CHECK(slot_after(entry, utc("2026-10-25 00:00")) == utc("2026-10-25 06:00"));
        CHECK(slot_after(entry, utc("2026-10-25 05:59")) == utc("2026-10-25 06:00"));
        CHECK(slot_at_or_before(entry, utc("2026-10-25 05:59")) == utc("2026-10-25 00:00"));
        CHECK(slot_at_or_before(entry, utc("2026-10-25 06:00")) == utc("2026-10-25 06:00"));
        CHECK(slot_at_or_before(entry, utc("1969-12-31 23:00")) == utc("1969-12-31 18:00"));
    }
}

#include "core/plan/time_zone.hpp"

#include <date/tz.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/spelling.hpp"

namespace tsb {
namespace {

constexpr std::string_view utc_name = "UTC";

/// The library's ends of time lie beyond what nanoseconds in 64 bits can tell.
SystemTime to_system(date::sys_seconds time) {
    const auto clamped =
        std::clamp(time, std::chrono::ceil<std::chrono::seconds>(SystemTime::min()),
                   std::chrono::floor<std::chrono::seconds>(SystemTime::max()));
    return clamped == time  ? SystemTime(time)
           : time > clamped ? SystemTime::max()
                            : SystemTime::min();
}

date::sys_seconds to_seconds(SystemTime time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

LocalTime local_at(date::sys_seconds time, std::chrono::seconds offset) {
    return LocalTime(time.time_since_epoch() + offset);
}

/// Throws Error{config} where there is no database.
const date::tzdb& database() {
    try {
        return date::get_tzdb();
    } catch (const std::runtime_error& error) {
        throw Error(ErrorCode::config,
                    std::string("cannot read the time-zone database: ") + error.what(),
                    "install the package tzdata");
    }
}

const date::time_zone* zone_named(std::string_view name) {
    const auto& zones = database().zones;
    const auto found = std::find_if(zones.begin(), zones.end(),
                                    [name](const auto& zone) { return zone.name() == name; });
    return found == zones.end() ? nullptr : &*found;
}

std::string hint_for(std::string_view name) {
    std::vector<std::string> known = {std::string(utc_name)};
    for (const auto& zone : database().zones) known.push_back(zone.name());
    const std::string near = nearest(name, known);
    return near.empty() ? "names are like Europe/Berlin" : "did you mean '" + near + "'?";
}

}  // namespace

TimeZone TimeZone::find(const std::string& name) {
    if (name == utc_name) return {};
    const date::time_zone* zone = zone_named(name);
    if (zone == nullptr) {
        throw Error(
            ErrorCode::config,
            "cannot find time zone '" + printable(name) + "': the database has no such name",
            hint_for(name));
    }
    return TimeZone(zone);
}

TimeZone TimeZone::machine() {
    const char* setting = std::getenv("TZ");
    std::string_view wanted = setting == nullptr ? std::string_view() : setting;
    if (wanted.starts_with(':')) wanted.remove_prefix(1);
    try {
        if (wanted == utc_name) return {};
        const date::time_zone* zone = zone_named(wanted);
        return TimeZone(zone == nullptr ? date::current_zone() : zone);
    } catch (const std::runtime_error&) {
        return {};  // no database, or no /etc/localtime that names one of its zones
    }
}

const std::string& TimeZone::name() const {
    static const std::string utc(utc_name);
    return zone_ == nullptr ? utc : zone_->name();
}

LocalTime TimeZone::to_local(SystemTime time) const {
    const auto seconds = to_seconds(time);
    if (zone_ == nullptr) return local_at(seconds, {});
    return local_at(seconds, zone_->get_info(seconds).offset);
}

LocalTime TimeZone::reached(SystemTime time) const {
    const auto seconds = to_seconds(time);
    if (zone_ == nullptr) return local_at(seconds, {});
    constexpr std::chrono::seconds one(1);
    const date::sys_info now = zone_->get_info(seconds);
    const LocalTime shown = local_at(seconds, now.offset);
    if (now.begin == date::sys_seconds::min()) return shown;
    const date::sys_info before = zone_->get_info(now.begin - one);
    return std::max(shown, local_at(now.begin - one, before.offset));
}

SystemTime TimeZone::first_moment(LocalTime local) const {
    const date::local_seconds shown(local.time_since_epoch());
    if (zone_ == nullptr) return to_system(date::sys_seconds(shown.time_since_epoch()));
    const date::local_info info = zone_->get_info(shown);
    if (info.result == date::local_info::nonexistent) return to_system(info.first.end);
    return to_system(date::sys_seconds(shown.time_since_epoch()) - info.first.offset);
}

SystemTime TimeZone::next_change(SystemTime time) const {
    if (zone_ == nullptr) return SystemTime::max();
    return to_system(zone_->get_info(to_seconds(time)).end);
}

std::string TimeZone::text(SystemTime time) const {
    const LocalTime local = to_local(time);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(local - day);
    const std::string zone =
        zone_ == nullptr ? std::string(utc_name) : zone_->get_info(to_seconds(time)).abbrev;
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} {}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), zone);
}

}  // namespace tsb

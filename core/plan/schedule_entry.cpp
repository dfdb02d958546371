#include "core/plan/schedule_entry.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace tsb {
namespace {

using std::chrono::seconds;

constexpr seconds shortest_period = std::chrono::minutes(1);
constexpr seconds longest_period = std::chrono::days(366);
constexpr seconds longest_jitter = std::chrono::days(1);

void check_range(std::string_view name, seconds value, seconds least, seconds most) {
    if (value >= least && value <= most) return;
    throw Error(ErrorCode::config, "cannot use " + std::string(name) + " of " +
                                       std::to_string(value.count()) + " s: expected " +
                                       std::to_string(least.count()) + " to " +
                                       std::to_string(most.count()) + " s");
}

SystemTime multiple_at_or_before(seconds period, SystemTime time) {
    const auto since_1970 = std::chrono::floor<seconds>(time).time_since_epoch();
    seconds rest = since_1970 % period;
    if (rest < seconds(0)) rest += period;
    return SystemTime(since_1970 - rest);
}

/// FNV-1a over the bytes of `text`.
std::uint64_t fnv(std::uint64_t state, std::string_view text) {
    for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    return state;
}

/// Spreads what differs in few bits over all of them (the finish of splitmix64).
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

}  // namespace

std::string ScheduleEntry::key() const {
    if (const auto* cron = std::get_if<CronExpression>(&when)) {
        return kind + " cron '" + cron->text() + "' " + zone.name();
    }
    return kind + " every " + std::to_string(std::get<seconds>(when).count()) + "s";
}

void ScheduleEntry::check() const {
    if (const auto* every = std::get_if<seconds>(&when)) {
        check_range("every", *every, shortest_period, longest_period);
    }
    check_range("jitter", jitter, seconds(0), longest_jitter);
    if (max_age) check_range("max_age", *max_age, seconds(1), seconds::max());
}

SystemTime slot_after(const ScheduleEntry& entry, SystemTime time) {
    if (const auto* every = std::get_if<seconds>(&entry.when)) {
        return multiple_at_or_before(*every, time) + *every;
    }
    const auto& cron = std::get<CronExpression>(entry.when);
    return entry.zone.first_moment(cron.after(entry.zone.reached(time)));
}

SystemTime slot_at_or_before(const ScheduleEntry& entry, SystemTime time) {
    if (const auto* every = std::get_if<seconds>(&entry.when)) {
        return multiple_at_or_before(*every, time);
    }
    const auto& cron = std::get<CronExpression>(entry.when);
    return entry.zone.first_moment(cron.at_or_before(entry.zone.reached(time)));
}

PlannedSlot planned(const ScheduleEntry& entry, SystemTime slot) {
    PlannedSlot plan;
    plan.opening = entry.hours.opening(entry.zone, slot);
    plan.slot = plan.opening == slot ? slot : slot_at_or_before(entry, plan.opening);
    plan.due = plan.opening;
    if (entry.jitter == seconds(0)) return plan;

    const auto room = std::chrono::floor<seconds>(slot_after(entry, plan.slot) - plan.opening);
    const seconds most = std::min(entry.jitter, room - seconds(1));
    const SystemTime delayed = plan.opening + spread(entry.key(), plan.slot, 0, most);
    if (entry.hours.open_at(entry.zone.to_local(delayed))) plan.due = delayed;
    return plan;
}

seconds spread(const std::string& key, SystemTime slot, unsigned attempt, seconds most) {
    if (most <= seconds(0)) return seconds(0);
    const auto second = std::chrono::floor<seconds>(slot).time_since_epoch().count();
    std::uint64_t state = fnv(0xCBF29CE484222325, key);
    state = mixed(state ^ mixed(static_cast<std::uint64_t>(second)));
    state = mixed(state + attempt);
    return seconds(
        static_cast<std::int64_t>(state % (static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace tsb

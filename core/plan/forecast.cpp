#include "core/plan/forecast.hpp"

#include <algorithm>

namespace tsb {
namespace {

using std::chrono::seconds;

/// What the rule for clock changes did to `slot`; empty: nothing.
std::string clock_note(const ScheduleEntry& entry, SystemTime slot) {
    const auto* cron = std::get_if<CronExpression>(&entry.when);
    if (cron == nullptr) return {};
    const LocalTime local = entry.zone.to_local(slot);
    if (!cron->matches(local)) return "right after the gap of the clock change";
    const SystemTime change = entry.zone.next_change(slot);
    if (change == SystemTime::max() || entry.zone.to_local(change) > local) return {};
    return "the first of two times, the clocks are put back";
}

std::string cause_note(RunCause cause, unsigned attempt) {
    switch (cause) {
        case RunCause::on_time:
            return {};
        case RunCause::hours_opened:
            return "when the hours open";
        case RunCause::catch_up:
            return "catch-up of a missed slot";
        case RunCause::retry:
            return "attempt " + std::to_string(attempt) + " after a failure";
    }
    return {};
}

std::string joined(const std::string& first, const std::string& second) {
    return first + (first.empty() || second.empty() ? "" : "; ") + second;
}

}  // namespace

std::vector<PlannedRun> next_runs(const ScheduleEntry& entry, const EntryState& state,
                                  SystemTime now, std::size_t count) {
    std::vector<PlannedRun> runs;
    const Decision decision = decide(entry, state, now);
    SystemTime last = decision.slot;
    if (count > 0) {
        runs.push_back(
            {last, std::max(decision.due, now),
             joined(cause_note(decision.cause, decision.attempt), clock_note(entry, last))});
    }
    while (runs.size() < count) {
        const PlannedSlot plan = planned(entry, slot_after(entry, last));
        if (plan.slot <= last) break;  // the end of time
        last = plan.slot;
        const bool moved = plan.opening > plan.slot;
        runs.push_back({last, plan.due,
                        joined(cause_note(moved ? RunCause::hours_opened : RunCause::on_time, 1),
                               clock_note(entry, last))});
    }
    return runs;
}

seconds period_of(const ScheduleEntry& entry, SystemTime now) {
    constexpr auto horizon = std::chrono::days(35);
    constexpr unsigned least_gaps = 4;
    PlannedSlot before = planned(entry, slot_at_or_before(entry, now));
    seconds longest(0);
    for (unsigned gaps = 0; gaps < least_gaps || before.slot - now < horizon; ++gaps) {
        const PlannedSlot next = planned(entry, slot_after(entry, before.slot));
        if (next.slot <= before.slot) break;  // the end of time
        longest = std::max(longest, std::chrono::floor<seconds>(next.opening - before.opening));
        before = next;
    }
    return longest;
}

}  // namespace tsb

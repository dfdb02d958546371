#include "core/plan/schedule.hpp"

#include <algorithm>

namespace tsb {
namespace {

using std::chrono::seconds;

constexpr seconds first_backoff = std::chrono::minutes(1);
constexpr seconds longest_backoff = std::chrono::hours(1);

/// A fifth more or less of 1, 2, 4 ... 60 minutes.
seconds backoff(const ScheduleEntry& entry, const EntryState& state) {
    seconds middle = first_backoff;
    for (unsigned i = 1; i < state.failures && middle < longest_backoff; ++i) middle *= 2;
    middle = std::min(middle, longest_backoff);
    return middle - middle / 5 +
           spread(entry.key(), *state.handled_until, state.failures, middle / 5 * 2);
}

std::optional<SystemTime> retry_time(const ScheduleEntry& entry, const EntryState& state,
                                     SystemTime from) {
    const SystemTime at = entry.hours.opening(entry.zone, from);
    if (at >= slot_after(entry, *state.handled_until)) return std::nullopt;
    return at;
}

/// One decision in the making.
class Deciding {
public:
    Deciding(const ScheduleEntry& entry, const EntryState& state, SystemTime now)
        : entry_(entry), now_(now) {
        made_.state = state;
    }

    Decision decide() {
        look_at_clock();
        if (made_.state.retry_at && retry()) return made_;
        const PlannedSlot next = planned(entry_, slot_after(entry_, since()));
        if (next.due > now_) {
            wait_for(next);
        } else {
            settle(newest_due());
        }
        return made_;
    }

private:
    SystemTime since() const { return *made_.state.handled_until; }

    void look_at_clock() {
        EntryState& state = made_.state;
        const auto last = state.handled_until;
        if (last && *last > now_ + longest_step_back) {
            made_.doubted = last;
            state = EntryState();
        }
        // A damaged state may name a time that arithmetic cannot bear.
        constexpr SystemTime no_earlier;
        state.handled_until = std::max(state.handled_until.value_or(now_), no_earlier);
    }

    /// Waits for or runs the retry; false when there is no room for it before the next slot.
    bool retry() {
        EntryState& state = made_.state;
        // Further off than any backoff: the clock was put back, and nobody meant to wait that long.
        const bool too_far = *state.retry_at > now_ + longest_backoff * 2;
        const auto at = retry_time(entry_, state, too_far ? now_ : std::max(*state.retry_at, now_));
        if (!at) {
            state.retry_at.reset();
            return false;
        }
        if (*at > now_) {
            wait(since(), *at, RunCause::retry);
        } else {
            run(since(), *at, RunCause::retry);
        }
        made_.attempt = state.failures + (*at > now_ ? 1 : 0);
        return true;
    }

    /// The newest slot that is due. There is one behind since().
    PlannedSlot newest_due() const {
        SystemTime slot = slot_at_or_before(entry_, now_);
        for (;;) {
            const PlannedSlot plan = planned(entry_, slot);
            if (plan.due <= now_) return plan;
            slot = slot_at_or_before(entry_, slot - seconds(1));
        }
    }

    /// Runs, leaves or defers `newest`, and accounts for the slots before it.
    void settle(const PlannedSlot& newest) {
        if (now_ - newest.due <= late_tolerance) {
            skip_before(newest);
            const bool moved = newest.opening > newest.slot;
            return run(newest.slot, newest.due, moved ? RunCause::hours_opened : RunCause::on_time);
        }
        if (entry_.catch_up == CatchUp::none) return drop(newest, missed(newest.slot));

        const SystemTime start = entry_.hours.opening(entry_.zone, now_);
        const SystemTime newer = slot_at_or_before(entry_, start);
        if (newer > newest.slot) return wait_for(planned(entry_, newer));
        if (entry_.max_age && start - newest.due > *entry_.max_age) {
            return drop(newest, SkipReason::too_old);
        }
        if (start > now_) return wait(newest.slot, start, RunCause::catch_up);
        skip_before(newest);
        run(newest.slot, newest.due, RunCause::catch_up);
    }

    void wait(SystemTime slot, SystemTime due, RunCause cause) {
        made_.action = Decision::Action::wait;
        made_.slot = slot;
        made_.due = due;
        made_.cause = cause;
    }

    void wait_for(const PlannedSlot& plan) {
        const bool moves = plan.opening > plan.slot;
        wait(plan.slot, plan.due, moves ? RunCause::hours_opened : RunCause::on_time);
    }

    void run(SystemTime slot, SystemTime due, RunCause cause) {
        wait(slot, due, cause);
        made_.action = Decision::Action::run;
        EntryState& state = made_.state;
        if (cause != RunCause::retry) state.failures = 0;
        state.handled_until = slot;
        ++state.failures;
        // What is found when the run's end was never told.
        state.retry_at = retry_time(entry_, state, now_ + backoff(entry_, state));
    }

    /// Leaves `newest` and waits for what comes.
    void drop(const PlannedSlot& newest, SkipReason reason) {
        skip_before(newest);
        skip(reason, newest.slot - seconds(1), newest.slot);
        made_.state.handled_until = newest.slot;
        made_.state.failures = 0;
        wait_for(planned(entry_, slot_after(entry_, newest.slot)));
    }

    SkipReason missed(SystemTime slot) const {
        const auto& ended = made_.state.ended_at;
        return ended && slot <= *ended ? SkipReason::run_going_on : SkipReason::daemon_down;
    }

    void skip_before(const PlannedSlot& newest) {
        const SystemTime together = first_of(newest) - seconds(1);
        const SystemTime ended = made_.state.ended_at.value_or(since());
        const SystemTime until = std::clamp(ended, since(), std::max(since(), together));
        skip(SkipReason::run_going_on, since(), until);
        skip(SkipReason::daemon_down, until, together);
        skip(SkipReason::closed_hours, std::max(since(), together), newest.slot - seconds(1));
    }

    /// The first slot that runs together with `newest`.
    SystemTime first_of(const PlannedSlot& newest) const {
        SystemTime first = newest.slot;
        for (;;) {
            const SystemTime before = slot_at_or_before(entry_, first - seconds(1));
            if (before <= since()) return first;
            if (entry_.hours.opening(entry_.zone, before) != newest.opening) return first;
            first = before;
        }
    }

    /// Accounts for the slots later than `after` up to `until`.
    void skip(SkipReason reason, SystemTime after, SystemTime until) {
        if (until <= after) return;
        SkippedSlots slots = {reason, slot_after(entry_, after), slot_at_or_before(entry_, until),
                              1};
        if (slots.last <= after) return;
        for (SystemTime slot = slots.first;
             slot < slots.last && slots.count < SkippedSlots::most;) {
            slot = slot_after(entry_, slot);
            ++slots.count;
        }
        made_.skipped.push_back(slots);
    }

    const ScheduleEntry& entry_;
    SystemTime now_;
    Decision made_;
};

}  // namespace

std::string_view to_string(SkipReason reason) {
    switch (reason) {
        case SkipReason::daemon_down:
            return "missed while the daemon was down or asleep";
        case SkipReason::run_going_on:
            return "missed while the run before was going on";
        case SkipReason::too_old:
            return "missed, and older than max_age allows";
        case SkipReason::closed_hours:
            return "within a blackout or outside the window";
    }
    return {};
}

std::string SkippedSlots::text(const TimeZone& zone) const {
    std::string range = zone.text(first);
    if (count > 1) {
        range = (count == most ? "at least " : "") + std::to_string(count) + " slots from " +
                range + " to " + zone.text(last);
    }
    return range + ": " + std::string(to_string(reason));
}

Decision decide(const ScheduleEntry& entry, const EntryState& state, SystemTime now) {
    return Deciding(entry, state, now).decide();
}

EntryState after_success(const EntryState& state, SystemTime now) {
    return {state.handled_until, std::nullopt, now, 0};
}

EntryState after_retryable_failure(const ScheduleEntry& entry, const EntryState& state,
                                   SystemTime now) {
    EntryState next = after_final_failure(state, now);
    next.retry_at = retry_time(entry, next, now + backoff(entry, next));
    return next;
}

EntryState after_final_failure(const EntryState& state, SystemTime now) {
    return {state.handled_until, std::nullopt, now, state.failures};
}

}  // namespace tsb

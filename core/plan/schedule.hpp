// Decides when an entry's job runs: now, or at which moment to ask again. Time is passed in;
// nothing is started, stored or logged here.
//
// Kept, whatever the clock does:
// * No slot runs again once a run of it ended well: when the clock steps back by up to
//   `longest_step_back`, the entry waits for the first slot behind the last one handled. Only
//   forgetting (below) ends this.
// * No entry rests for ever. A last slot further ahead than `longest_step_back` was handled by a
//   wrong clock: it is forgotten, and the entry goes on from now.
// * A slot behind which nothing ran comes out as skipped, once, with the reason.
//
// A slot that is up to `late_tolerance` late is on time, even when its hours have closed since.
// Later, it is missed: `catch_up: latest` runs the newest missed slot as soon as the hours allow if
// it will then be no more than max_age past the moment at which it was due; `none` skips it. A slot
// that waits for a window or the end of a blackout is not missed, and does not age.
//
// A failed run is tried again 1, 2, 4 ... 60 minutes after its end (20 % more or less), within the
// hours and before the next slot; later, and after an error that only a person can mend, the next
// slot is its retry. A run that never ended (the daemon was killed) counts as failed.
#pragma once

#include <string_view>
#include <vector>

#include "core/plan/schedule_entry.hpp"

namespace tsb {

inline constexpr std::chrono::seconds late_tolerance = std::chrono::minutes(5);
inline constexpr std::chrono::seconds longest_step_back = std::chrono::hours(25);

/// What is kept of an entry between decisions, under its key. Fresh for an entry never seen: slots
/// before its first decision are not missed.
struct EntryState {
    std::optional<SystemTime> handled_until;  // the last slot that ran or was skipped; first sight
    std::optional<SystemTime> retry_at;       // of the slot at handled_until
    std::optional<SystemTime> ended_at;       // the last run's end
    unsigned failures = 0;                    // of that slot in a row; a run going on is counted
    bool operator==(const EntryState&) const = default;
};

enum class SkipReason { daemon_down, run_going_on, too_old, closed_hours };

/// "missed while the daemon was down or asleep". Thread: any.
std::string_view to_string(SkipReason reason);

/// Slots one after the other that did not run.
struct SkippedSlots {
    static constexpr unsigned most = 1000;

    SkipReason reason;
    SystemTime first;
    SystemTime last;
    unsigned count;  // no further than `most`

    /// "3 slots from 2026-11-23 02:00 CET to ...: missed while the daemon was down". Thread: any.
    std::string text(const TimeZone& zone) const;
};

enum class RunCause { on_time, hours_opened, catch_up, retry };

struct Decision {
    enum class Action { wait, run };

    Action action = Action::wait;
    RunCause cause = RunCause::on_time;
    SystemTime slot;       // that runs, or is waited for
    SystemTime due;        // when it was or will be; ask again then, or after any change
    unsigned attempt = 1;  // of this slot
    EntryState state;      // to keep from now on; with `run`: before the job is started
    std::vector<SkippedSlots> skipped;  // oldest first; to be told once
    std::optional<SystemTime> doubted;  // a last slot that was forgotten, since the clock was wrong
};

/// While the entry's job is queued or running, do not ask. Thread: any.
Decision decide(const ScheduleEntry& entry, const EntryState& state, SystemTime now);
/// The state after the run that was decided ended well at `now`. Thread: any.
EntryState after_success(const EntryState& state, SystemTime now);
/// After it failed. Thread: any.
EntryState after_retryable_failure(const ScheduleEntry& entry, const EntryState& state,
                                   SystemTime now);
EntryState after_final_failure(const EntryState& state, SystemTime now);

}  // namespace tsb

// Months of a daemon's life: its clock is put forward and back by a day, it is down for hours or
// days, is killed in runs, and runs fail. Whatever happens, no slot ends well twice, every slot is
// either begun or told as skipped, exactly once, and the entry never rests for ever.
#include <random>
#include <set>

#include "core/plan/schedule.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/plan/times.hpp"

using namespace tsb;
using namespace tsb::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr minutes poll(5);

class World {
public:
    World(const ScheduleEntry& entry, unsigned seed) : entry_(entry), random_(seed) {}

    void live(SystemTime from, SystemTime to) {
        first_sight_ = from;
        last_start_ = from;
        for (now_ = from; now_ < to; now_ += poll) {
            set_clock();
            be_down_or_up();
            if (now_ < up_again_) continue;
            if (running_) {
                end_run();
            } else {
                look();
            }
            REQUIRE(now_ - last_start_ < longest_rest());
        }
    }

    /// Every slot behind the first sight that was handled is accounted for.
    void check_account() const {
        std::set<SystemTime> expected;
        for (SystemTime slot = slot_after(entry_, first_sight_); slot <= *state_.handled_until;
             slot = slot_after(entry_, slot)) {
            expected.insert(slot);
        }
        CHECK(accounted_ == expected);
        CHECK(succeeded_.size() > 20);
    }

    std::size_t skipped() const { return skipped_; }
    std::size_t retried() const { return retried_; }
    std::size_t caught_up() const { return caught_up_; }

private:
    bool chance(double probability) {
        return std::uniform_real_distribution<>(0, 1)(random_) < probability;
    }

    SystemTime clock() const { return now_ + skew_; }

    /// Two days lie between two steps: one alone is never more than the clock may be trusted with.
    void set_clock() {
        if (now_ < steady_until_ || !chance(0.002)) return;
        skew_ += days(skew_ > days(0) ? -1 : skew_ < days(0) || chance(0.5) ? 1 : -1);
        steady_until_ = now_ + days(2);
    }

    void be_down_or_up() {
        if (now_ < up_again_ || !chance(0.002)) return;
        up_again_ = now_ + minutes(random_() % (60 * 48));
        running_ = false;  // killed: its end is never told
    }

    void look() {
        const Decision decision = decide(entry_, state_, clock());
        CHECK_FALSE(decision.doubted);
        if (state_.handled_until) {
            REQUIRE(*decision.state.handled_until >= *state_.handled_until);
        }
        state_ = decision.state;
        for (const SkippedSlots& slots : decision.skipped) account_for(slots);
        if (decision.action == Decision::Action::wait) {
            REQUIRE(decision.due > clock());
            return;
        }
        REQUIRE(decision.due <= clock());
        REQUIRE(decision.slot <= clock() + (decision.cause == RunCause::retry ? days(1) : days(0)));
        REQUIRE(succeeded_.count(decision.slot) == 0);
        if (decision.cause == RunCause::retry) {
            ++retried_;
        } else {
            REQUIRE(accounted_.insert(decision.slot).second);
        }
        if (decision.cause == RunCause::catch_up) ++caught_up_;
        slot_ = decision.slot;
        last_start_ = now_;
        running_ = true;
        ends_ = now_ + minutes(random_() % 90);
    }

    void account_for(const SkippedSlots& slots) {
        unsigned count = 0;
        for (SystemTime slot = slots.first; slot <= slots.last; slot = slot_after(entry_, slot)) {
            REQUIRE(accounted_.insert(slot).second);
            ++count;
        }
        REQUIRE(count == slots.count);
        skipped_ += count;
    }

    void end_run() {
        if (now_ < ends_) return;
        running_ = false;
        if (chance(0.6)) {
            state_ = after_success(state_, clock());
            REQUIRE(succeeded_.insert(slot_).second);
        } else if (chance(0.8)) {
            state_ = after_retryable_failure(entry_, state_, clock());
        } else {
            state_ = after_final_failure(state_, clock());
        }
    }

    /// Two days' downtime, the day that a clock put back shows again, the longest wait for a slot
    /// and the hours, and as much again where that slot is missed and not caught up.
    static SystemTime::duration longest_rest() { return days(2 + 1 + 2 + 2); }

    const ScheduleEntry& entry_;
    std::mt19937 random_;
    EntryState state_;
    SystemTime now_;
    SystemTime first_sight_;
    SystemTime last_start_;
    SystemTime up_again_;
    SystemTime steady_until_;
    SystemTime ends_;
    SystemTime slot_;
    SystemTime::duration skew_{0};
    bool running_ = false;
    std::set<SystemTime> accounted_;
    std::set<SystemTime> succeeded_;
    std::size_t skipped_ = 0;
    std::size_t retried_ = 0;
    std::size_t caught_up_ = 0;
};

ScheduleEntry nightly_with_jitter() {
    ScheduleEntry entry("backup", CronExpression::parse("30 2 * * *"));
    entry.zone = TimeZone::find("Europe/Berlin");
    entry.jitter = minutes(20);
    return entry;
}

ScheduleEntry hourly_at_night() {
    ScheduleEntry entry("backup", CronExpression::parse("0 * * * *"));
    entry.zone = TimeZone::find("America/New_York");
    entry.hours = RunHours::parse({"20:00-06:30"}, {"01:15-02:45"});
    entry.jitter = minutes(3);
    return entry;
}

ScheduleEntry on_time_or_not_at_all() {
    ScheduleEntry entry("verify", hours(6));
    entry.catch_up = CatchUp::none;
    return entry;
}

ScheduleEntry young_only() {
    ScheduleEntry entry("verify", CronExpression::parse("*/20 * * * *"));
    entry.zone = TimeZone::find("Australia/Lord_Howe");
    entry.max_age = minutes(30);
    entry.hours = RunHours::parse({}, {"fri 12:00-20:00"});
    return entry;
}

}  // namespace

TEST_CASE("in months of mishaps no slot succeeds twice, none is lost, none is waited for in vain") {
    for (const ScheduleEntry& entry :
         {nightly_with_jitter(), hourly_at_night(), on_time_or_not_at_all(), young_only()}) {
        CAPTURE(entry.key());
        std::size_t skipped = 0;
        std::size_t retried = 0;
        std::size_t caught_up = 0;
        for (unsigned seed = 1; seed <= 4; ++seed) {
            CAPTURE(seed);
            World world(entry, seed);
            world.live(utc("2026-02-20 12:00"), utc("2026-04-20 12:00"));
            world.check_account();
            skipped += world.skipped();
            retried += world.retried();
            caught_up += world.caught_up();
        }
        CHECK(skipped > 20);
        CHECK(retried > 20);
        CHECK((caught_up > 0) == (entry.catch_up == CatchUp::latest));
    }
}

#include "daemon/scheduler.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "core/base/human.hpp"
#include "core/ops/run_on.hpp"
#include "core/plan/forecast.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

JobPointer start_job(Service& service, const ClusterConfig& cluster, const ScheduleConfig& entry) {
    if (entry.job == "verify") {
        return start_verify(service, {{cluster.name, "latest"}}, asked_by_schedule);
    }
    if (entry.job == "drill") {
        return start_drill(service, cluster, "latest", RowCounts::estimated, asked_by_schedule);
    }
    Json args = Json::object();
    for (const auto& [name, value] : entry.backup_args) args[name] = value;
    return start_backup(service, cluster, args, asked_by_schedule);
}

EntryState state_after(const ScheduleEntry& plan, const EntryState& state, const Job& job,
                       SystemTime now) {
    if (!job.outcome.failure) return after_success(state, now);
    if (kind_of(job.outcome.failure->code()).retryable) {
        return after_retryable_failure(plan, state, now);
    }
    return after_final_failure(state, now);
}

std::string when_text(const ScheduleConfig& entry) {
    return entry.cron ? entry.cron->text() : "every " + human_duration(entry.every);
}

}  // namespace

Scheduler::Scheduler(asio::any_io_executor loop, Service& service)
    : loop_(std::move(loop)), service_(service), timer_(loop_) {}

asio::awaitable<void> Scheduler::run() {
    while (!stopping_) {
        woken_ = false;
        SystemTime due = service_.clock.now() + longest_sleep;
        try {
            due = co_await pass();
        } catch (const std::exception& error) {
            log(LogLevel::error, "", std::string("cannot look at the schedule: ") + error.what());
        }
        if (woken_ || stopping_) continue;
        const auto wait = std::clamp<SystemTime::duration>(
            due - service_.clock.now(), SystemTime::duration::zero(), longest_sleep);
        timer_.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(wait));
        boost::system::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void Scheduler::wake() {
    woken_ = true;
    timer_.cancel();
}

void Scheduler::stop() {
    stopping_ = true;
    timer_.cancel();
}

asio::awaitable<SystemTime> Scheduler::pass() {
    const std::shared_ptr<const Config> config = service_.config();
    SystemTime next = service_.clock.now() + longest_sleep;
    co_await forget_removed(*config);
    for (const ClusterConfig& cluster : config->clusters) {
        if (!clusters_.contains(cluster.name)) co_await load(cluster.name);
        if (!clusters_.contains(cluster.name))
            continue;  // it could not be read, the next pass tries
        Known& known = clusters_.at(cluster.name);
        if (!known.state.first_seen) known.state.first_seen = service_.clock.now();
        forget_others(cluster, known);
        for (const ScheduleConfig& entry : cluster.schedule) {
            if (stopping_) co_return next;
            const SystemTime due = co_await step(cluster, entry);
            next = std::min(next, due);
        }
        co_await save(cluster.name);
    }
    co_return next;
}

asio::awaitable<void> Scheduler::load(const std::string& cluster) {
    std::function<ScheduleState()> read = [this, cluster] {
        return decode_schedule_state(service_.repository.read_state(cluster, schedule_document));
    };
    Known known;
    std::string problem;
    bool damaged = true;
    try {
        known.state = co_await run_on_thread(std::move(read));
    } catch (const Error& error) {
        problem = error.what();
        damaged = error.code() == ErrorCode::damaged;
    }
    if (!damaged) {
        // The file may be as good as ever: it is not replaced by an empty one.
        log(LogLevel::error, "", fmt::format("the schedule of {} waits: {}", cluster, problem));
        co_return;
    }
    known.stored = known.state;
    if (!known.state.first_seen) known.state.first_seen = service_.clock.now();
    clusters_[cluster] = std::move(known);
    if (problem.empty()) co_return;
    log(LogLevel::error, "", fmt::format("the schedule of {} begins anew: {}", cluster, problem));
    note(cluster, "the schedule began anew: " + problem);
}

/// A cluster that comes back one day begins anew: what it missed meanwhile was not wanted.
asio::awaitable<void> Scheduler::forget_removed(const Config& config) {
    std::vector<std::string> removed;
    for (const auto& [name, known] : clusters_) {
        if (config.find_cluster(name) == nullptr) removed.push_back(name);
    }
    for (const std::string& name : removed) {
        Known& known = clusters_.at(name);
        known.state = ScheduleState();
        known.due.clear();
        known.running.clear();
        co_await save(name);
        const auto saved = clusters_.find(name);
        if (saved->second.state == saved->second.stored) clusters_.erase(saved);
    }
}

/// An entry that is not in the configuration any more would begin anew if it came back.
void Scheduler::forget_others(const ClusterConfig& cluster, Known& known) {
    std::set<std::string> keys;
    for (const ScheduleConfig& entry : cluster.schedule) keys.insert(schedule_entry(entry).key());
    const auto is_gone = [&](const auto& kept) { return !keys.contains(kept.first); };
    std::erase_if(known.state.entries, is_gone);
    std::erase_if(known.due, is_gone);
    std::erase_if(known.skipped, is_gone);
    std::erase_if(known.running, is_gone);
}

asio::awaitable<void> Scheduler::save(const std::string& cluster) {
    Known& known = clusters_.at(cluster);
    if (known.state == known.stored) co_return;
    const ScheduleState wanted = known.state;
    std::function<void()> write = [this, cluster, text = encode_schedule_state(wanted)] {
        service_.repository.write_state(cluster, schedule_document, text);
    };
    std::string problem;
    try {
        co_await run_on_thread(std::move(write));
        clusters_.at(cluster).stored = wanted;
    } catch (const std::exception& error) {
        problem = error.what();
    }
    told_unwritten(cluster, problem);
}

/// Each pass tries again; the log has the first failure and the end of it.
void Scheduler::told_unwritten(const std::string& cluster, const std::string& problem) {
    bool& unwritten = clusters_.at(cluster).unwritten;
    if (unwritten == !problem.empty()) return;
    unwritten = !problem.empty();
    if (unwritten) {
        log(LogLevel::error, "",
            fmt::format("cannot write down the schedule of {}: {}", cluster, problem));
    } else {
        log(LogLevel::info, "", fmt::format("the schedule of {} is written down", cluster));
    }
}

void Scheduler::write_down_ends() {
    const std::shared_ptr<const Config> config = service_.config();
    for (const ClusterConfig& cluster : config->clusters) {
        const auto found = clusters_.find(cluster.name);
        if (found == clusters_.end()) continue;
        Known& known = found->second;
        for (const ScheduleConfig& entry : cluster.schedule) {
            const ScheduleEntry plan = schedule_entry(entry);
            const auto run = known.running.find(plan.key());
            // One that the stop has cancelled is tried again by the next start.
            if (run == known.running.end() || run->second->state == JobState::cancelled) continue;
            settle(plan, plan.key(), known);
        }
        if (known.state == known.stored) continue;
        try {
            service_.repository.write_state(cluster.name, schedule_document,
                                            encode_schedule_state(known.state));
        } catch (const Error& error) {
            told_unwritten(cluster.name, error.what());
        }
    }
}

asio::awaitable<SystemTime> Scheduler::step(const ClusterConfig& cluster,
                                            const ScheduleConfig& entry) {
    const ScheduleEntry plan = schedule_entry(entry);
    const std::string key = plan.key();
    Known& known = clusters_.at(cluster.name);
    settle(plan, key, known);
    const SystemTime now = service_.clock.now();
    if (known.running.contains(key)) {
        known.due[key] = planned(plan, slot_after(plan, now)).due;
        co_return SystemTime::max();
    }
    const Decision decision = decide(plan, known.state.entries[key], now);
    known.state.entries[key] = decision.state;
    known.due[key] = decision.due;
    if (decision.doubted) {
        note(cluster.name, "the clock was wrong: a run was written down for " +
                               plan.zone.text(*decision.doubted) + ", it is forgotten");
    }
    for (const SkippedSlots& skipped : decision.skipped) {
        known.skipped[key] += skipped.count;
        note(cluster.name, entry.job + ": " + skipped.text(plan.zone));
    }
    if (decision.action == Decision::Action::run) {
        known.due[key] = planned(plan, slot_after(plan, now)).due;
        co_await start(cluster, entry, key, decision);
        co_return SystemTime::max();
    }
    co_return decision.due;
}

asio::awaitable<void> Scheduler::start(const ClusterConfig& cluster, const ScheduleConfig& entry,
                                       const std::string& key, const Decision& decision) {
    co_await save(cluster.name);
    if (stopping_) co_return;
    Known& known = clusters_.at(cluster.name);
    try {
        JobPointer job = start_job(service_, cluster, entry);
        log(LogLevel::info, job->id,
            fmt::format("due at {}, attempt {}", entry.zone.text(decision.slot), decision.attempt));
        known.running[key] = std::move(job);
    } catch (const Error& error) {
        log(LogLevel::error, "",
            fmt::format("cannot start the {} of {} that is due: {}", entry.job, cluster.name,
                        error.what()));
        EntryState& state = known.state.entries[key];
        state = after_retryable_failure(schedule_entry(entry), state, service_.clock.now());
    }
}

/// Takes over how a run of the entry ended.
void Scheduler::settle(const ScheduleEntry& plan, const std::string& key, Known& known) {
    const auto run = known.running.find(key);
    if (run == known.running.end() || !run->second->has_ended()) return;
    EntryState& state = known.state.entries[key];
    state = state_after(plan, state, *run->second, service_.clock.now());
    known.running.erase(run);
}

void Scheduler::note(const std::string& cluster, const std::string& text) {
    log(LogLevel::warning, "", fmt::format("schedule of {}: {}", cluster, text));
    std::deque<std::string>& notes = clusters_.at(cluster).state.notes;
    notes.push_back(to_iso8601(service_.clock.now()) + " " + text);
    while (notes.size() > ScheduleState::most_notes) notes.pop_front();
}

Json Scheduler::report(const ClusterConfig& cluster, std::size_t count) const {
    const SystemTime now = service_.clock.now();
    const auto known = clusters_.find(cluster.name);
    Json entries = Json::array();
    for (const ScheduleConfig& entry : cluster.schedule) {
        const ScheduleEntry plan = schedule_entry(entry);
        EntryState state;
        Json running;
        if (known != clusters_.end()) {
            const auto kept = known->second.state.entries.find(plan.key());
            if (kept != known->second.state.entries.end()) state = kept->second;
            const auto run = known->second.running.find(plan.key());
            if (run != known->second.running.end()) running = run->second->id;
        }
        Json runs = Json::array();
        for (const PlannedRun& run : next_runs(plan, state, now, count)) {
            runs.push_back({{"slot", to_iso8601(run.slot)},
                            {"due", to_iso8601(run.due)},
                            {"local", plan.zone.text(run.due)},
                            {"note", run.note}});
        }
        entries.push_back({{"job", entry.job},
                           {"when", when_text(entry)},
                           {"timezone", plan.zone.name()},
                           {"runs", std::move(runs)},
                           {"running", std::move(running)},
                           {"failures", state.failures}});
    }
    Json notes = Json::array();
    if (known != clusters_.end()) notes = known->second.state.notes;
    return {
        {"cluster", cluster.name}, {"entries", std::move(entries)}, {"notes", std::move(notes)}};
}

std::vector<EntryOutlook> Scheduler::outlook(const ClusterConfig& cluster) const {
    std::vector<EntryOutlook> entries;
    const auto found = clusters_.find(cluster.name);
    if (found == clusters_.end()) return entries;
    const Known& known = found->second;
    const SystemTime now = service_.clock.now();
    for (const ScheduleConfig& entry : cluster.schedule) {
        const std::string key = schedule_entry(entry).key();
        const auto state = known.state.entries.find(key);
        const auto due = known.due.find(key);
        if (state == known.state.entries.end() || due == known.due.end()) continue;
        EntryOutlook outlook{entry.job, due->second, {}, state->second.failures, 0};
        const auto run = known.running.find(key);
        if (run == known.running.end()) {
            if (due->second <= now) outlook.waits_since = due->second;
        } else {
            if (run->second->state == JobState::queued) outlook.waits_since = run->second->started;
            // Until it has ended well it counts as a failure.
            outlook.failures -= std::min(outlook.failures, 1U);
        }
        const auto skipped = known.skipped.find(key);
        if (skipped != known.skipped.end()) outlook.skipped = skipped->second;
        entries.push_back(std::move(outlook));
    }
    return entries;
}

std::optional<SystemTime> Scheduler::next_due(const std::string& cluster) const {
    const std::shared_ptr<const Config> config = service_.config();
    const bool configured = config->find_cluster(cluster) != nullptr;
    const auto known = clusters_.find(cluster);
    if (!configured || known == clusters_.end() || known->second.due.empty()) return std::nullopt;
    const auto& due = known->second.due;
    return std::min_element(due.begin(), due.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->second;
}

std::optional<std::chrono::seconds> Scheduler::backup_period(const ClusterConfig& cluster) {
    constexpr auto good_for = std::chrono::hours(6);
    const SystemTime now = service_.clock.now();
    std::optional<std::chrono::seconds> shortest;
    for (const ScheduleConfig& entry : cluster.schedule) {
        if (entry.job != "backup") continue;
        const ScheduleEntry plan = schedule_entry(entry);
        const std::string name = cluster.name + " " + plan.key();
        auto known = periods_.find(name);
        if (known == periods_.end() || known->second.entry != entry ||
            abs(now - known->second.as_of) > good_for) {
            const Period period{entry, period_of(plan, now), now};
            known = periods_.insert_or_assign(name, period).first;
        }
        shortest = std::min(shortest.value_or(known->second.length), known->second.length);
    }
    return shortest;
}

std::optional<SystemTime> Scheduler::first_seen(const std::string& cluster) const {
    const auto known = clusters_.find(cluster);
    return known == clusters_.end() ? std::nullopt : known->second.state.first_seen;
}

bool Scheduler::told_overdue(const std::string& cluster) const {
    const auto known = clusters_.find(cluster);
    return known != clusters_.end() && known->second.state.overdue;
}

void Scheduler::tell_overdue(const std::string& cluster, bool overdue) {
    const auto known = clusters_.find(cluster);
    if (known != clusters_.end()) known->second.state.overdue = overdue;
}

}  // namespace tsb

#include "daemon/jobs.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>

#include "core/base/heap.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

JobState state_of(const Outcome& outcome) {
    if (!outcome.failure) return JobState::done;
    return outcome.failure->code() == ErrorCode::cancelled ? JobState::cancelled : JobState::failed;
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::any_of(a.begin(), a.end(), [&](const std::string& each) {
        return std::find(b.begin(), b.end(), each) != b.end();
    });
}

Error in_the_way(const JobSpec& spec, const Job& other) {
    return {ErrorCode::busy,
            fmt::format("cannot start a {} of cluster '{}': job {} is {}", spec.kind, spec.cluster,
                        other.id, to_string(other.state)),
            "follow it with: tsbackupctl watch " + other.id};
}

/// Ends a job that takes longer than its limit.
class Ceiling {
public:
    Ceiling(const asio::any_io_executor& loop, const JobPointer& job) : timer_(loop) {
        if (job->spec.limit == std::chrono::seconds(0)) return;
        timer_.expires_after(job->spec.limit);
        timer_.async_wait([job](const boost::system::error_code& cancelled) {
            if (cancelled || job->has_ended() || job->stop.stop_requested()) return;
            job->over_limit = true;
            job->stop.request_stop();
        });
    }

private:
    asio::steady_timer timer_;
};

Error took_too_long(const Job& job) {
    return {ErrorCode::stalled,
            fmt::format("the {} took longer than its limit of {} s", job.spec.kind,
                        job.spec.limit.count()),
            "'job_limit' in the configuration is that limit"};
}

}  // namespace

std::string_view to_string(JobState state) {
    constexpr std::array names = {"queued", "running", "done", "failed", "cancelled"};
    return names.at(static_cast<std::size_t>(state));
}

JobRegistry::JobRegistry(asio::any_io_executor loop, const Clock& clock, JobRecorder record)
    : loop_(std::move(loop)), clock_(clock), record_(std::move(record)) {}

void JobRegistry::set_max_concurrent(unsigned count) {
    max_concurrent_ = count;
    begin_those_that_may();
}

JobPointer JobRegistry::start(JobSpec spec, JobWork work) {
    require_room_for(spec);
    if (JobPointer other = in_the_way_of(spec, JobState::running)) {
        if (spec.when_busy == WhenBusy::refuse) throw in_the_way(spec, *other);
        const bool does_it = other->spec.kind == spec.kind && !other->stop.stop_requested();
        if (spec.when_busy == WhenBusy::join && does_it) return other;
    }
    if (const JobPointer other = in_the_way_of(spec, JobState::queued)) {
        if (spec.when_busy == WhenBusy::refuse) throw in_the_way(spec, *other);
    }
    if (JobPointer other = waiting_in_place_of(spec)) return other;
    const SystemTime now = clock_.now();
    std::string id = next_id(spec.kind, now);
    auto job = std::make_shared<Job>(std::move(id), std::move(spec), now);
    jobs_.push_back(job);
    forget_oldest();
    waiting_.push_back({job, std::move(work)});
    begin_those_that_may();
    if (job->state == JobState::queued) {
        log(LogLevel::info, job->id,
            fmt::format("{} of {} asked for by {}, waits for its turn", job->spec.kind,
                        job->spec.cluster, job->spec.asked_by));
    }
    return job;
}

JobPointer JobRegistry::find(const std::string& id) const {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                    [&](const JobPointer& job) { return job->id == id; });
    if (found == jobs_.end()) {
        throw Error(ErrorCode::not_found, "cannot find job '" + printable(id) + "'",
                    "'jobs' lists them");
    }
    return *found;
}

std::vector<JobPointer> JobRegistry::present() const {
    std::vector<JobPointer> out;
    std::copy_if(jobs_.begin(), jobs_.end(), std::back_inserter(out),
                 [](const JobPointer& job) { return !job->has_ended(); });
    return out;
}

void JobRegistry::cancel(const std::string& id) {
    const JobPointer job = find(id);
    if (job->has_ended()) {
        throw Error(ErrorCode::refused, "cannot cancel job '" + id + "': it has ended");
    }
    log(LogLevel::info, job->id, "asked to stop");
    job->stop.request_stop();
    begin_those_that_may();
}

void JobRegistry::stop_all() {
    stopping_ = true;
    for (const JobPointer& job : present()) job->stop.request_stop();
    begin_those_that_may();
}

asio::awaitable<void> JobRegistry::wait_for_an_end(std::chrono::milliseconds limit) {
    asio::steady_timer timer(loop_, limit);
    const auto waker = wakers_.insert(wakers_.end(), [&timer] { timer.cancel(); });
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    wakers_.erase(waker);
}

asio::awaitable<void> JobRegistry::run(JobPointer job, JobWork work) {
    {
        const Ceiling ceiling(loop_, job);
        job->outcome = co_await outcome_of_work(*job, work);
    }
    job->ended = clock_.now();
    job->meter.phase = Phase::finishing;
    co_await let_end(*job);
    // Shown as running until its end is recorded: whoever sees the end can rely on the record.
    const JobState end = state_of(job->outcome);
    co_await record_end(*job, end);

    return_freed_memory();
    job->state = end;
    job->meter.phase = Phase::done;
    for (const std::function<void()>& wake : wakers_) wake();
    tell_ended(job);
    forget_oldest();
    begin_those_that_may();
}

asio::awaitable<Outcome> JobRegistry::outcome_of_work(Job& job, const JobWork& work) {
    JobContext context(job.id, job.stop.get_token(), job.meter);
    std::exception_ptr thrown;
    try {
        context.throw_if_stopped();
        co_return co_await work(context);
    } catch (...) {
        thrown = std::current_exception();
    }
    Outcome outcome = outcome_of(thrown);
    const bool stopped = outcome.failure->code() == ErrorCode::cancelled;
    if (stopped && job.over_limit) outcome.failure = took_too_long(job);
    co_return outcome;
}

asio::awaitable<void> JobRegistry::let_end(Job& job) {
    if (!ending_) co_return;
    std::exception_ptr thrown;
    try {
        co_await ending_(job);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) job.outcome.failure = outcome_of(thrown).failure;
}

void JobRegistry::tell_ended(const JobPointer& job) {
    if (!ended_) return;
    try {
        ended_(job);
    } catch (const std::exception& error) {
        log(LogLevel::error, job->id, std::string("cannot tell the end: ") + error.what());
    }
}

asio::awaitable<void> JobRegistry::record_end(const Job& job, JobState end) {
    try {
        co_await record_(job, end);
    } catch (const std::exception& error) {
        log(LogLevel::error, job.id, std::string("cannot record the end: ") + error.what());
    }
}

/// The oldest job in `state` that has something `spec` needs for itself; null when there is none.
JobPointer JobRegistry::in_the_way_of(const JobSpec& spec, JobState state) const {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const JobPointer& job) {
        return job->state == state && share_one(job->spec.exclusive, spec.exclusive);
    });
    return found == jobs_.end() ? nullptr : *found;
}

/// One that waits and does all that `spec` asks for; null when there is none.
JobPointer JobRegistry::waiting_in_place_of(const JobSpec& spec) const {
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& each) {
        const JobSpec& other = each.job->spec;
        return other.kind == spec.kind && other.subject == spec.subject &&
               share_one(other.exclusive, spec.exclusive);
    });
    return found == waiting_.end() ? nullptr : found->job;
}

bool JobRegistry::may_begin(const Waiting& candidate) const {
    const Job& job = *candidate.job;
    if (job.stop.stop_requested()) return true;  // to end
    if (in_the_way_of(job.spec, JobState::running)) return false;
    for (const Waiting& earlier : waiting_) {
        if (earlier.job == candidate.job) break;
        if (share_one(earlier.job->spec.exclusive, job.spec.exclusive)) return false;
    }
    const auto running = std::count_if(jobs_.begin(), jobs_.end(), [](const JobPointer& each) {
        return each->state == JobState::running && !each->spec.at_once;
    });
    return job.spec.at_once || running < max_concurrent_;
}

void JobRegistry::begin(Waiting waiting) {
    Job& job = *waiting.job;
    job.state = JobState::running;
    job.started = clock_.now();
    if (!job.stop.stop_requested()) {
        log(LogLevel::info, job.id,
            fmt::format("{} of {} started for {}", job.spec.kind, job.spec.cluster,
                        job.spec.asked_by));
    }
    // Not at once: a job that ends without ever waiting would begin others in the midst of this.
    asio::post(loop_, [this, begun = waiting.job, work = std::move(waiting.work)]() mutable {
        asio::co_spawn(loop_, run(begun, std::move(work)), asio::detached);
    });
}

void JobRegistry::begin_those_that_may() {
    for (auto each = waiting_.begin(); each != waiting_.end();) {
        if (!may_begin(*each)) {
            ++each;
            continue;
        }
        Waiting next = std::move(*each);
        each = waiting_.erase(each);
        begin(std::move(next));
    }
}

void JobRegistry::require_room_for(const JobSpec& spec) const {
    if (stopping_) {
        throw Error(ErrorCode::refused, "cannot start a " + spec.kind + ": tsbackupd is stopping");
    }
    const std::size_t count = present().size();
    if (count >= most_present) {
        throw Error(
            ErrorCode::busy,
            fmt::format("cannot start a {}: {} jobs are waiting or running", spec.kind, count));
    }
}

std::string JobRegistry::next_id(const std::string& kind, SystemTime now) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{}-{:04}{:02}{:02}-{:02}{:02}{:02}-{}", kind.substr(0, 1),
                       utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                       utc.tm_sec, ++started_count_);
}

void JobRegistry::forget_oldest() {
    while (jobs_.size() > kept) {
        const auto oldest = std::find_if(jobs_.begin(), jobs_.end(),
                                         [](const JobPointer& job) { return job->has_ended(); });
        if (oldest == jobs_.end()) return;
        jobs_.erase(oldest);
    }
}

}  // namespace tsb

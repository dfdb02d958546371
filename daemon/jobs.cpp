#include "daemon/jobs.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
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

}  // namespace

std::string_view to_string(JobState state) {
    constexpr std::array names = {"queued", "running", "done", "failed", "cancelled"};
    return names.at(static_cast<std::size_t>(state));
}

JobRegistry::JobRegistry(asio::any_io_executor loop, const Clock& clock, JobRecorder record)
    : loop_(std::move(loop)), clock_(clock), record_(std::move(record)) {}

JobPointer JobRegistry::start(JobSpec spec, JobWork work) {
    require_room_for(spec);
    const SystemTime now = clock_.now();
    std::string id = next_id(spec.kind, now);
    auto job = std::make_shared<Job>(std::move(id), std::move(spec), now);
    jobs_.push_back(job);
    forget_oldest();
    log(LogLevel::info, job->id,
        fmt::format("{} of {} started for uid {}", job->spec.kind, job->spec.cluster,
                    job->spec.asked_by));
    asio::co_spawn(loop_, run(job, std::move(work)), asio::detached);
    return job;
}

JobPointer JobRegistry::find(const std::string& id) const {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                    [&](const JobPointer& job) { return job->id == id; });
    if (found == jobs_.end()) {
        throw Error(ErrorCode::not_found, "cannot find job '" + printable(id) + "'",
                    "'jobs' lists those of this run of the daemon");
    }
    return *found;
}

std::vector<JobPointer> JobRegistry::running() const {
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
}

void JobRegistry::stop_all() {
    stopping_ = true;
    for (const JobPointer& job : running()) job->stop.request_stop();
}

asio::awaitable<void> JobRegistry::wait_for_an_end(std::chrono::milliseconds limit) {
    asio::steady_timer timer(loop_, limit);
    const auto waker = wakers_.insert(wakers_.end(), [&timer] { timer.cancel(); });
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    wakers_.erase(waker);
}

asio::awaitable<void> JobRegistry::run(JobPointer job, JobWork work) {
    job->state = JobState::running;
    job->outcome = co_await outcome_of_work(*job, work);
    job->ended = clock_.now();
    job->meter.phase = Phase::finishing;
    // Shown as running until its end is recorded: whoever sees the end can rely on the record.
    const JobState end = state_of(job->outcome);
    co_await record_end(*job, end);

    return_freed_memory();
    job->state = end;
    job->meter.phase = Phase::done;
    for (const std::function<void()>& wake : wakers_) wake();
    forget_oldest();
}

asio::awaitable<Outcome> JobRegistry::outcome_of_work(Job& job, const JobWork& work) {
    JobContext context(job.id, job.stop.get_token(), job.meter);
    std::exception_ptr thrown;
    try {
        co_return co_await work(context);
    } catch (...) {
        thrown = std::current_exception();
    }
    co_return outcome_of(thrown);
}

asio::awaitable<void> JobRegistry::record_end(const Job& job, JobState end) {
    try {
        co_await record_(job, end);
    } catch (const std::exception& error) {
        log(LogLevel::error, job.id, std::string("cannot record the end: ") + error.what());
    }
}

void JobRegistry::require_room_for(const JobSpec& spec) const {
    if (stopping_) {
        throw Error(ErrorCode::refused, "cannot start a " + spec.kind + ": tsbackupd is stopping");
    }
    const std::vector<JobPointer> present = running();
    for (const JobPointer& job : present) {
        if (spec.exclusive.empty() || job->spec.exclusive != spec.exclusive) continue;
        throw Error(ErrorCode::busy,
                    fmt::format("cannot start a {} of cluster '{}': job {} is running", spec.kind,
                                spec.cluster, job->id),
                    "follow it with: tsbackupctl watch " + job->id);
    }
    if (present.size() >= most_running) {
        throw Error(ErrorCode::busy, fmt::format("cannot start a {}: {} jobs are running",
                                                 spec.kind, present.size()));
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

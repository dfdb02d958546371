// Jobs: what runs, what ran lately, and how it ended. A job outlives the client that asked for it.
//
// Keeps I6: every job ends in one state with its cause, given to the recorder once. Does not know
// what a job does. Thread: loop, all of it; only Job::meter and Job::stop are shared with workers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/job_context.hpp"
#include "daemon/wire.hpp"

namespace tsb {

enum class JobState { queued, running, done, failed, cancelled };
std::string_view to_string(JobState state);

struct JobSpec {
    JobSpec(std::string k, std::string c, std::string e, uid_t by)
        : kind(std::move(k)), cluster(std::move(c)), exclusive(std::move(e)), asked_by(by) {}
    std::string kind;  // "backup", "verify", "restore"
    std::string cluster;
    std::string exclusive;  // no two running jobs share it; empty: any number may run
    uid_t asked_by;
};

struct Job {
    Job(std::string i, JobSpec s, SystemTime now)
        : id(std::move(i)), spec(std::move(s)), started(now) {}
    const std::string id;
    const JobSpec spec;
    const SystemTime started;
    JobState state = JobState::queued;
    SystemTime ended;  // when has_ended()
    Outcome outcome;   // when has_ended()
    ProgressMeter meter;
    std::stop_source stop;

    bool has_ended() const { return state > JobState::running; }
};
using JobPointer = std::shared_ptr<Job>;

/// What a job does: its result, or an exception, or a failure together with a result.
using JobWork = std::function<boost::asio::awaitable<Outcome>(JobContext& context)>;
/// Keeps how a job ended (Job::ended and outcome are set, Job::state becomes `end` afterwards).
/// What it throws is logged and changes nothing.
using JobRecorder = std::function<boost::asio::awaitable<void>(const Job& job, JobState end)>;

class JobRegistry {
public:
    static constexpr std::size_t kept = 200;  // jobs remembered
    static constexpr std::size_t most_running = 16;

    JobRegistry(boost::asio::any_io_executor loop, const Clock& clock, JobRecorder record);
    JobRegistry(const JobRegistry&) = delete;

    /// Starts a job. Error{busy} naming the job in the way when one with the same `exclusive` runs
    /// or too many do; Error{refused} after stop_all().
    JobPointer start(JobSpec spec, JobWork work);
    /// Error{not_found} when there is none (any more).
    JobPointer find(const std::string& id) const;
    /// Oldest first.
    std::vector<JobPointer> all() const { return {jobs_.begin(), jobs_.end()}; }
    std::vector<JobPointer> running() const;
    /// Asks a job to stop; it ends by itself soon after. Error{not_found}; Error{refused} when it
    /// has ended.
    void cancel(const std::string& id);
    /// Asks all to stop and lets none start any more.
    void stop_all();
    /// Returns after `limit`, or earlier when any job has ended.
    boost::asio::awaitable<void> wait_for_an_end(std::chrono::milliseconds limit);

private:
    boost::asio::awaitable<void> run(JobPointer job, JobWork work);
    boost::asio::awaitable<Outcome> outcome_of_work(Job& job, const JobWork& work);
    boost::asio::awaitable<void> record_end(const Job& job, JobState end);
    void require_room_for(const JobSpec& spec) const;
    std::string next_id(const std::string& kind, SystemTime now);
    void forget_oldest();

    boost::asio::any_io_executor loop_;
    const Clock& clock_;
    JobRecorder record_;
    std::deque<JobPointer> jobs_;
    std::list<std::function<void()>> wakers_;  // of wait_for_an_end()
    std::uint64_t started_count_ = 0;
    bool stopping_ = false;
};

}  // namespace tsb

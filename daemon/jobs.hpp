// Jobs: what waits, what runs, what ran lately, and how it ended. A job outlives the client that
// asked for it.
//
// Keeps I6: every job ends in one state with its cause, given to the recorder once. Does not know
// what a job does. Thread: loop, all of it; only Job::meter and Job::stop are shared with workers.
#pragma once

#include <array>
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

/// What becomes of a request for a job while another one holds what it needs for itself. Where it
/// would wait and one of its kind and subject waits already, that one is given in its place.
enum class WhenBusy {
    refuse,  // Error{busy} naming the other, also one that only waits
    join,    // one of its kind that runs is given in its place, unless that was asked to stop
    wait,    // it waits for its turn
};

/// What jobs there are: JobSpec::kind.
inline constexpr std::array<std::string_view, 7> job_kinds = {
    "backup", "verify", "restore", "drill", "dump", "explore", "prune"};

struct JobSpec {
    JobSpec(std::string k, std::string c, std::string by)
        : kind(std::move(k)), cluster(std::move(c)), asked_by(std::move(by)) {}
    std::string kind;  // of job_kinds
    std::string cluster;
    std::vector<std::string> clusters;   // where it concerns several: each keeps a record of it
    std::string subject;                 // what it does, as far as the kind does not tell
    std::string asked_by;                // "uid 1000", "schedule", "retention"
    std::vector<std::string> exclusive;  // no two jobs that share one of these run at once
    WhenBusy when_busy = WhenBusy::wait;
    bool at_once = false;           // runs however many others do
    std::chrono::seconds limit{0};  // it is ended when it takes longer; 0: none
};

struct Job {
    Job(std::string i, JobSpec s, SystemTime now)
        : id(std::move(i)), spec(std::move(s)), started(now) {}
    const std::string id;
    const JobSpec spec;
    SystemTime started;  // while it waits: when it was asked for
    JobState state = JobState::queued;
    bool over_limit = false;
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
    static constexpr std::size_t kept = 200;         // jobs remembered
    static constexpr std::size_t most_present = 64;  // waiting and running

    JobRegistry(boost::asio::any_io_executor loop, const Clock& clock, JobRecorder record);
    JobRegistry(const JobRegistry&) = delete;

    /// `call` may turn the outcome of a job whose work is done into a failure, before it is
    /// recorded. Set once, by the daemon.
    void before_end(std::function<boost::asio::awaitable<void>(Job& job)> call) {
        ending_ = std::move(call);
    }
    /// `call` is told of each job that has ended. Set once, by the daemon.
    void on_end(std::function<void(const JobPointer& job)> call) { ended_ = std::move(call); }
    /// Jobs that run at once, those that run at_once not counted. The next start heeds it.
    void set_max_concurrent(unsigned count);
    /// Starts a job, lets it wait, or gives the one that JobSpec::when_busy means. Error{busy}
    /// naming the job in the way, or when too many are present; Error{refused} after stop_all().
    JobPointer start(JobSpec spec, JobWork work);
    /// Error{not_found} when there is none (any more).
    JobPointer find(const std::string& id) const;
    /// Oldest first.
    std::vector<JobPointer> all() const { return {jobs_.begin(), jobs_.end()}; }
    /// Those that have not ended, oldest first.
    std::vector<JobPointer> present() const;
    /// Asks a job to stop; it ends by itself soon after, one that waits at once. Error{not_found};
    /// Error{refused} when it has ended.
    void cancel(const std::string& id);
    /// Asks all to stop and lets none start any more.
    void stop_all();
    /// Returns after `limit`, or earlier when any job has ended.
    boost::asio::awaitable<void> wait_for_an_end(std::chrono::milliseconds limit);

private:
    struct Waiting {
        JobPointer job;
        JobWork work;
    };

    boost::asio::awaitable<void> run(JobPointer job, JobWork work);
    boost::asio::awaitable<Outcome> outcome_of_work(Job& job, const JobWork& work);
    boost::asio::awaitable<void> let_end(Job& job);
    void tell_ended(const JobPointer& job);
    boost::asio::awaitable<void> record_end(const Job& job, JobState end);
    JobPointer in_the_way_of(const JobSpec& spec, JobState state) const;
    JobPointer waiting_in_place_of(const JobSpec& spec) const;
    bool may_begin(const Waiting& candidate) const;
    void begin(Waiting waiting);
    void begin_those_that_may();
    void require_room_for(const JobSpec& spec) const;
    std::string next_id(const std::string& kind, SystemTime now);
    void forget_oldest();

    boost::asio::any_io_executor loop_;
    const Clock& clock_;
    JobRecorder record_;
    std::function<boost::asio::awaitable<void>(Job&)> ending_;
    std::function<void(const JobPointer&)> ended_;
    unsigned max_concurrent_ = 2;
    std::deque<JobPointer> jobs_;
    std::list<Waiting> waiting_;               // oldest first
    std::list<std::function<void()>> wakers_;  // of wait_for_an_end()
    std::uint64_t started_count_ = 0;
    bool stopping_ = false;
};

}  // namespace tsb

#include <algorithm>

#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr auto progress_interval = std::chrono::milliseconds(250);

Json job_event(const char* name, const Job& job) {
    return {{"event", name},
            {"job", job.id},
            {"kind", job.spec.kind},
            {"cluster", job.spec.cluster},
            {"state", to_string(job.state)}};
}

}  // namespace

asio::awaitable<void> follow(VerbCall& call, std::vector<JobPointer> jobs) {
    for (const JobPointer& job : jobs) {
        Json begun = job_event("job", *job);
        co_await call.emit(std::move(begun));
    }
    while (!jobs.empty()) {
        std::vector<JobPointer> unfinished;
        for (const JobPointer& job : jobs) {
            const bool ended = job->has_ended();
            Json event = ended ? job_event("job_end", *job) : encode_progress(progress_of(*job));
            co_await call.emit(std::move(event));
            if (!ended) unfinished.push_back(job);
        }
        jobs = std::move(unfinished);
        // Events take time to send: a job may have ended since its last one was made.
        const bool all_run = std::none_of(jobs.begin(), jobs.end(),
                                          [](const JobPointer& job) { return job->has_ended(); });
        if (all_run && !jobs.empty()) {
            co_await call.service.jobs.wait_for_an_end(progress_interval);
        }
    }
}

asio::awaitable<Outcome> attend(VerbCall& call, JobPointer job) {
    if (flag_arg(call.args, "detach")) {
        Json started = {{"job", job->id}, {"detached", true}};
        co_return Outcome(std::move(started));
    }
    std::vector<JobPointer> jobs(1, job);
    co_await follow(call, std::move(jobs));
    Outcome outcome = job->outcome;
    // A failure without findings has no result to show.
    if (!outcome.failure || !outcome.result.empty()) outcome.result["job"] = job->id;
    co_return outcome;
}

}  // namespace tsb

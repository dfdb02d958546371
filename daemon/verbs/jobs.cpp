#include <algorithm>
#include <limits>

#include "core/base/version.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/libpq_session.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json describe_all(const std::vector<JobPointer>& jobs, SystemTime now) {
    Json list = Json::array();
    for (const JobPointer& job : jobs) list.push_back(describe(*job, now));
    return {{"jobs", std::move(list)}};
}

constexpr std::size_t recent = 50;  // of earlier runs of the daemon

/// How jobs ended, the newest `most` of each cluster, oldest first. Reads the disk.
std::vector<JobRecord> records(Service& service, std::size_t most) {
    std::vector<JobRecord> all;
    for (const std::string& cluster : service.cluster_names()) {
        std::vector<JobRecord> of_cluster = service.repository.newest_history(cluster, most);
        std::move(of_cluster.begin(), of_cluster.end(), std::back_inserter(all));
    }
    std::stable_sort(all.begin(), all.end(), [](const JobRecord& a, const JobRecord& b) {
        return a.ended_at < b.ended_at;
    });
    return all;
}

std::vector<JobPointer> asked_for(VerbCall& call, std::vector<JobPointer> otherwise) {
    const std::string id = text_arg(call.args, "job");
    if (id.empty()) return otherwise;
    return {call.service.jobs.find(id)};
}

}  // namespace

asio::awaitable<Outcome> jobs_verb(VerbCall& call) {
    const std::string id = text_arg(call.args, "job");
    std::vector<JobPointer> known = call.service.jobs.all();
    // Those of this run of the daemon are in the history too.
    const std::size_t most =
        id.empty() ? recent + known.size() : std::numeric_limits<std::size_t>::max();
    std::function<std::vector<JobRecord>()> read = [&] { return records(call.service, most); };
    const std::vector<JobRecord> history = co_await run_on_thread(std::move(read));
    Json list = Json::array();
    for (const JobRecord& record : history) {
        const bool present = std::any_of(known.begin(), known.end(), [&](const JobPointer& job) {
            return job->id == record.job_id;
        });
        if (!present && (id.empty() || record.job_id == id)) list.push_back(describe(record));
    }
    if (id.empty() && list.size() > recent) {
        list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(recent));
    }
    for (const JobPointer& job : known) {
        if (id.empty() || job->id == id) list.push_back(describe(*job, call.service.clock.now()));
    }
    if (!id.empty() && list.empty()) static_cast<void>(call.service.jobs.find(id));  // throws
    Json result = {{"jobs", std::move(list)}};
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> reload_verb(VerbCall& call) {
    if (!call.service.reload) throw Error(ErrorCode::refused, "cannot reload: no daemon runs here");
    const std::vector<std::string> changes = call.service.reload();
    Json result = {{"changes", changes}};
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> cancel_verb(VerbCall& call) {
    const std::string id = text_arg(call.args, "job");
    call.service.jobs.cancel(id);
    Json result = {{"job", id}};
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> watch_verb(VerbCall& call) {
    const std::vector<JobPointer> jobs = asked_for(call, call.service.jobs.present());
    if (!text_arg(call.args, "job").empty()) {
        JobPointer job = jobs.front();
        co_return co_await attend(call, std::move(job));
    }
    std::vector<JobPointer> followed = jobs;
    co_await follow(call, std::move(followed));
    co_return Outcome(describe_all(jobs, call.service.clock.now()));
}

asio::awaitable<Outcome> version_verb(VerbCall&) {
    Json result = {{"daemon", version}, {"libpq", libpq_version_text(libpq_version())}};
    co_return Outcome(std::move(result));
}

}  // namespace tsb

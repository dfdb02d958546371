#include "core/base/version.hpp"
#include "core/pg/libpq_session.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

Json describe_all(const std::vector<JobPointer>& jobs) {
    Json list = Json::array();
    for (const JobPointer& job : jobs) list.push_back(describe(*job));
    return {{"jobs", std::move(list)}};
}

std::vector<JobPointer> asked_for(VerbCall& call, std::vector<JobPointer> otherwise) {
    const std::string id = text_arg(call.args, "job");
    if (id.empty()) return otherwise;
    return {call.service.jobs.find(id)};
}

}  // namespace

asio::awaitable<Outcome> jobs_verb(VerbCall& call) {
    co_return Outcome(describe_all(asked_for(call, call.service.jobs.all())));
}

asio::awaitable<Outcome> cancel_verb(VerbCall& call) {
    const std::string id = text_arg(call.args, "job");
    call.service.jobs.cancel(id);
    Json result = {{"job", id}};
    co_return Outcome(std::move(result));
}

asio::awaitable<Outcome> watch_verb(VerbCall& call) {
    const std::vector<JobPointer> jobs = asked_for(call, call.service.jobs.running());
    if (!text_arg(call.args, "job").empty()) {
        JobPointer job = jobs.front();
        co_return co_await attend(call, std::move(job));
    }
    std::vector<JobPointer> followed = jobs;
    co_await follow(call, std::move(followed));
    co_return Outcome(describe_all(jobs));
}

asio::awaitable<Outcome> version_verb(VerbCall&) {
    Json result = {{"daemon", version}, {"libpq", libpq_version_text(libpq_version())}};
    co_return Outcome(std::move(result));
}

}  // namespace tsb

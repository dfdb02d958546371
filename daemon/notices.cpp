#include "daemon/notices.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <thread>

#include "core/base/host.hpp"
#include "core/ops/run_on.hpp"
#include "core/plan/overdue.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

bool has_required(const NoticeConfig& config) {
    return std::any_of(config.on_success.begin(), config.on_success.end(),
                       [](const HookConfig& hook) { return hook.required; });
}

}  // namespace

Notices::Notices(const asio::any_io_executor& loop, Service& service, Scheduler& scheduler)
    : service_(service),
      scheduler_(scheduler),
      host_(host_name()),
      notifier_(std::make_shared<Notifier>(service.config()->notices)),
      timer_(loop) {}

void Notices::set_config(const NoticeConfig& config) {
    std::shared_ptr<Notifier> next;
    try {
        next = std::make_shared<Notifier>(config);
    } catch (const std::system_error& error) {
        throw Error(ErrorCode::refused, std::string("cannot run hooks: ") + error.what(),
                    "the limit of threads of the daemon's user or service may be reached");
    }
    std::erase_if(retiring_, [](const auto& notifier) { return notifier->has_ended(); });
    retiring_.push_back(notifier_);
    notifier_->retire();
    notifier_ = std::move(next);
}

asio::awaitable<void> Notices::watch() {
    while (!stopping_) {
        if (!woken_) {
            timer_.expires_after(interval);
            boost::system::error_code ignored;
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        if (stopping_) co_return;
        woken_ = false;
        try {
            co_await look();
        } catch (const std::exception& error) {
            log(LogLevel::error, "",
                std::string("cannot look at the age of backups: ") + error.what());
        }
    }
}

void Notices::wake() {
    woken_ = true;
    timer_.cancel();
}

/// What is known of the clusters stays known while the repository is not there: backups that cannot
/// be taken make them overdue all the same.
asio::awaitable<void> Notices::gather(const std::map<std::string, Expectation>& expected) {
    std::function<HealthReport()> work = [&] { return look_at_health(service_, expected); };
    std::string problem;
    try {
        HealthReport report = co_await run_on_thread(std::move(work));
        facts_ = std::move(report.facts);
    } catch (const Error& error) {
        problem = error.what();
    }
    if (problem != problem_ && !problem.empty()) {
        log(LogLevel::error, "", "cannot look at the age of backups: " + problem);
    }
    problem_ = problem;
}

asio::awaitable<void> Notices::look() {
    const std::map<std::string, Expectation> expected = expectations(service_);
    co_await gather(expected);
    const SystemTime now = service_.clock.now();
    std::vector<AgeVerdict> ages;
    std::set<std::string> before;
    for (const ClusterHealthFacts& facts : facts_) {
        const auto known = expected.find(facts.cluster);
        // Before its first pass, what was told of a cluster is not read yet.
        if (known == expected.end() || !known->second.since) continue;
        ages.push_back(judge_age(facts, now));
        if (scheduler_.told_overdue(facts.cluster)) before.insert(facts.cluster);
    }
    const OverdueStep step = next_overdue(before, ages);
    for (const HealthChange& change : step.changes) {
        const bool overdue = change.turn == HealthTurn::overdue;
        log(overdue ? LogLevel::error : LogLevel::info, "", change.sentence);
        notifier_->deliver(notice_of(overdue ? Notice::Kind::overdue : Notice::Kind::recovered,
                                     change.cluster, change.sentence, now, host_));
    }
    for (const AgeVerdict& verdict : ages) {
        scheduler_.tell_overdue(verdict.cluster, step.overdue.contains(verdict.cluster));
    }
    if (!step.changes.empty()) scheduler_.wake();  // which writes it down
}

void Notices::tell(const Job& job) {
    // That a prune went well is part of every backup; one that was refused told who asked for it.
    const bool refused = job.outcome.failure && job.outcome.failure->code() == ErrorCode::refused;
    const bool routine = job.spec.kind == "prune" && (job.state == JobState::done || refused);
    if (job.state == JobState::cancelled || routine) return;
    notifier_->deliver(notice_of(job, host_));
}

asio::awaitable<void> Notices::require_hooks(Job& job) {
    const std::shared_ptr<const Config> config = service_.config();
    const bool asked = job.spec.kind == "backup" && has_required(config->notices);
    if (!asked || job.outcome.failure) co_return;
    std::function<std::optional<Error>()> work = [&, notifier = notifier_,
                                                  notice = notice_of(job, host_)] {
        return notifier->run_required(notice, job.stop.get_token());
    };
    const std::optional<Error> failure = co_await run_on_thread(std::move(work));
    if (!failure) co_return;
    job.outcome.failure =
        Error(failure->code(),
              fmt::format("the backup is stored, but a required hook failed: {}", failure->what()),
              failure->hint());
}

void Notices::stop_watching() {
    stopping_ = true;
    timer_.cancel();
}

void Notices::stop() {
    // Side by side: each may need its time to end a hook that does not want to.
    std::vector<std::jthread> stopping;
    try {
        for (const auto& notifier : retiring_) stopping.emplace_back([&] { notifier->stop(); });
    } catch (const std::system_error&) {
        for (const auto& notifier : retiring_) notifier->stop();
    }
    notifier_->stop();
}

}  // namespace tsb

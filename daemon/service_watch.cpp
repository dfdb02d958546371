#include "daemon/service_watch.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/base/log.hpp"
#include "core/ops/run_on.hpp"
#include "core/plan/ages.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

// A stop that takes long asks for more time this often, each time for more than until the next.
constexpr auto extension_interval = std::chrono::seconds(2);
constexpr auto extension = std::chrono::seconds(20);

std::chrono::milliseconds pause_for(const ServiceManager& manager,
                                    std::chrono::milliseconds wanted) {
    if (!manager.watchdog()) return wanted;
    const auto half = std::chrono::floor<std::chrono::milliseconds>(*manager.watchdog() / 2);
    return std::max(std::chrono::milliseconds(1), std::min(wanted, half));
}

/// Counters stay when their phase is over: the rest of the job is no "100 %".
bool counts_bytes(Phase phase) {
    return phase == Phase::copying || phase == Phase::verifying || phase == Phase::extracting;
}

RunningJob running_job(const Job& job) {
    const Phase phase = job.meter.phase;
    RunningJob out{job.spec.kind, job.spec.cluster, to_string(phase), {}};
    const std::uint64_t total = job.meter.bytes_total;
    const std::uint64_t done = std::min<std::uint64_t>(job.meter.bytes_done, total);
    if (counts_bytes(phase) && total > 0 && done > 0)
        out.percent = static_cast<unsigned>(done * 100 / total);
    return out;
}

std::optional<SystemTime> newest_good(const ClusterHealthFacts& facts, SystemTime now) {
    std::optional<SystemTime> newest;
    for (const BackupSample& backup : facts.backups) {
        if (backup.condition != BackupCondition::good) continue;
        if (is_in_future(backup.stopped_at, now)) continue;
        newest = std::max(newest.value_or(backup.stopped_at), backup.stopped_at);
    }
    return newest;
}

}  // namespace

ServiceWatch::ServiceWatch(const asio::any_io_executor& loop, const ServiceManager& manager,
                           Service& service, const Scheduler& scheduler, const Notices& notices,
                           std::chrono::milliseconds pause)
    : manager_(manager),
      service_(service),
      scheduler_(scheduler),
      notices_(notices),
      pause_(pause_for(manager, pause)),
      timer_(loop) {}

asio::awaitable<void> ServiceWatch::run() {
    while (manager_.listens() && !stopping_) {
        judge_work();
        tell_status();
        if (manager_.watchdog() && stuck_.empty()) co_await feed();
        if (stopping_) co_return;
        timer_.expires_after(pause_);
        boost::system::error_code ignored;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void ServiceWatch::stop() {
    stopping_ = true;
    timer_.cancel();
}

void ServiceWatch::judge_work() {
    const std::string stuck =
        work_.look(service_.jobs.present(), *service_.config(), service_.clock.steady_now());
    if (stuck_.empty() != stuck.empty() && manager_.watchdog()) {
        log(LogLevel::error, "",
            stuck.empty() ? "the watchdog is fed again: no job is stuck any more"
                          : "the watchdog is not fed any more: " + stuck);
    }
    stuck_ = stuck;
}

/// At half of the time that the watchdog grants, reached at the next look at the latest.
asio::awaitable<void> ServiceWatch::feed() {
    const WorkWatch::Time now = service_.clock.steady_now();
    if (fed_ && now - *fed_ + pause_ <= *manager_.watchdog() / 2) co_return;
    std::function<void()> nothing = [] {};
    std::string problem;
    try {
        co_await run_on_thread(std::move(nothing));
    } catch (const std::exception& error) {
        problem = error.what();
    }
    if (problem != no_thread_ && !problem.empty()) {
        log(LogLevel::error, "", "the watchdog is not fed: no thread can be started: " + problem);
    }
    no_thread_ = problem;
    if (!problem.empty()) co_return;
    manager_.alive();
    fed_ = now;
}

void ServiceWatch::tell_status() {
    const std::string text = status_text(outlook(), service_.clock.now(), TimeZone::machine());
    if (text == told_) return;
    manager_.status(text);
    told_ = text;
}

void ServiceWatch::wait_for_jobs() {
    const WorkWatch::Time now = service_.clock.steady_now();
    if (extended_ && now - *extended_ < extension_interval) return;
    extended_ = now;
    const std::vector<JobPointer> left = service_.jobs.present();
    if (!manager_.listens() || left.empty()) return;
    manager_.extend(extension);
    manager_.alive();
    manager_.status(
        fmt::format("stopping; waits for {} of {} to clean up{}", left.front()->spec.kind,
                    left.front()->spec.cluster,
                    left.size() > 1 ? fmt::format(" and {} more", left.size() - 1) : ""));
}

ServiceOutlook ServiceWatch::outlook() const {
    ServiceOutlook out;
    const SystemTime now = service_.clock.now();
    for (const JobPointer& job : service_.jobs.present()) {
        if (job->state == JobState::running) {
            out.running.push_back(running_job(*job));
        } else {
            ++out.waiting;
        }
    }
    const std::shared_ptr<const Config> config = service_.config();
    for (const ClusterConfig& cluster : config->clusters) {
        ClusterOutlook each;
        each.cluster = cluster.name;
        each.next_run = scheduler_.next_due(cluster.name);
        each.overdue = scheduler_.told_overdue(cluster.name);
        for (const ClusterHealthFacts& facts : notices_.facts()) {
            if (facts.cluster != cluster.name) continue;
            each.looked_at = true;
            each.last_good = newest_good(facts, now);
        }
        out.clusters.push_back(std::move(each));
    }
    out.stuck = stuck_;
    return out;
}

}  // namespace tsb

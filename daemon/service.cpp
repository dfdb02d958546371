#include "daemon/service.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/ops/run_on.hpp"
#include "daemon/backup_choice.hpp"

namespace tsb {
namespace {

JobRecord record_of(const Job& job, JobState end) {
    JobRecord record;
    record.job_id = job.id;
    record.kind = job.spec.kind;
    record.cluster = job.spec.cluster;
    record.outcome = to_string(end);
    record.backup_id = job.outcome.result.value("backup_id", std::string());
    if (job.outcome.failure) {
        record.error_code = kind_of(job.outcome.failure->code()).name;
        record.message = job.outcome.failure->what();
        record.hint = job.outcome.failure->hint();
    }
    record.started_at = job.started;
    record.ended_at = job.ended;
    record.asked_by = job.spec.asked_by;
    record.bytes = job.meter.bytes_done;
    record.in_place = job.outcome.result.contains("in_place");
    return record;
}

void log_end(const Job& job, JobState end) {
    const std::string what = fmt::format("{} of {}", job.spec.kind, job.spec.cluster);
    if (!job.outcome.failure) {
        log(LogLevel::info, job.id, what + " done");
        return;
    }
    const Error& failure = *job.outcome.failure;
    const std::string hint = failure.hint().empty() ? "" : " (hint: " + failure.hint() + ")";
    const bool asked = end == JobState::cancelled;
    log(asked ? LogLevel::warning : LogLevel::error, job.id,
        fmt::format("{} {} [{}]: {}{}", what, to_string(end), kind_of(failure.code()).name,
                    failure.what(), hint));
}

bool has_backup(Repository& repository, const std::string& cluster, const std::string& id) {
    const std::vector<BackupEntry> entries = repository.list(cluster);
    return std::any_of(entries.begin(), entries.end(),
                       [&](const BackupEntry& entry) { return entry.id == id; });
}

}  // namespace

std::vector<ClusterConfig> chosen_clusters(const Config& config, const std::string& named) {
    if (named.empty()) return config.clusters;
    return {config.cluster(named)};
}

Service::Service(boost::asio::any_io_executor loop, Config configuration, Repository& backups,
                 SessionFactory sessions, const Clock& time, Bookkeeping bookkeeping)
    : repository(backups),
      connect(std::move(sessions)),
      clock(time),
      jobs(std::move(loop), time,
           [this](const Job& job, JobState end) { return record(job, end); }),
      bookkeeping_(bookkeeping) {
    set_config(std::move(configuration));
}

std::shared_ptr<const Config> Service::config() const {
    const std::lock_guard lock(config_mutex_);
    return config_;
}

void Service::set_config(Config configuration) {
    const unsigned max_concurrent = configuration.max_concurrent_jobs;
    {
        const std::lock_guard lock(config_mutex_);
        config_ = std::make_shared<const Config>(std::move(configuration));
    }
    jobs.set_max_concurrent(max_concurrent);
}

std::vector<std::string> Service::cluster_names() {
    std::vector<std::string> names = repository.clusters();
    const std::shared_ptr<const Config> known = config();
    for (const ClusterConfig& cluster : known->clusters) names.push_back(cluster.name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string Service::cluster_with(const std::string& named, const std::string& backup) {
    std::vector<std::string> names = cluster_names();
    if (!named.empty()) {
        if (std::find(names.begin(), names.end(), named) != names.end()) return named;
        throw Error(ErrorCode::not_found, "cannot find cluster '" + printable(named) + "'");
    }
    if (names.size() > 1) {
        std::erase_if(
            names, [&](const std::string& name) { return !has_backup(repository, name, backup); });
        if (names.empty() && !is_relative_choice(backup)) {
            throw Error(ErrorCode::not_found, "cannot find backup '" + printable(backup) + "'",
                        "'list' shows the backups of all clusters");
        }
        if (names.size() != 1) {
            throw Error(ErrorCode::usage,
                        "cannot tell the cluster of backup '" + printable(backup) + "'",
                        "name it with --cluster");
        }
    }
    if (names.empty()) throw Error(ErrorCode::not_found, "cannot find any cluster");
    return names.front();
}

std::string Service::backup_id(const std::string& cluster, const std::string& wanted) {
    if (!is_choice_by_time(wanted)) return wanted;  // without a look at the disk
    return choose_backup(wanted, repository.list(cluster), TimeZone::machine());
}

void Service::stop() {
    stopping.request_stop();
    jobs.stop_all();
}

boost::asio::awaitable<void> Service::record(const Job& job, JobState end) {
    if (bookkeeping_.log) log_end(job, end);
    if (!bookkeeping_.history) co_return;
    std::vector<std::string> clusters = job.spec.clusters;
    if (clusters.empty()) clusters = {job.spec.cluster};
    std::function<void()> work = [this, clusters, entry = record_of(job, end)]() mutable {
        for (const std::string& cluster : clusters) {
            entry.cluster = cluster;
            repository.record(entry);
        }
    };
    co_await run_on_thread(std::move(work));
}

}  // namespace tsb

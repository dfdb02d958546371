#include "core/ops/verify.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/ops/run_on.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// The id behind "latest": also of a backup that was found damaged, which may be proven again.
BackupName named(Service& service, const BackupName& backup) {
    if (backup.id != "latest") return backup;
    const std::vector<BackupEntry> entries = service.repository.list(backup.cluster);
    return entries.empty() ? backup : BackupName{backup.cluster, entries.back().id};
}

/// Verifies one; that it cannot even be opened because it is damaged is a finding like others.
VerifyReport verify_one(Service& service, const BackupName& backup, JobContext& context) {
    try {
        return verify_backup(service.repository, backup.cluster, backup.id, context);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        VerifyReport report;
        report.backup_id = backup.id;
        report.problems = {error.what()};
        return report;
    }
}

/// Verifies one. What is found is looked for again before a backup is called damaged: a file that
/// could not be opened for a moment is no damage.
VerifyReport verified(Service& service, const BackupName& backup, JobContext& context) {
    VerifyReport first = verify_one(service, backup, context);
    if (first.problems.empty()) return first;
    VerifyReport second = verify_one(service, backup, context);
    if (second.problems.empty()) {
        context.warn("a second look did not find again: " + first.problems.front());
    }
    return second;
}

Json describe(const VerifyReport& report, const std::string& cluster) {
    return {{"backup_id", report.backup_id},       {"cluster", cluster},
            {"stored_bytes", report.stored_bytes}, {"members", report.members},
            {"wal_segments", report.wal_segments}, {"problems", report.problems}};
}

/// The failure of a verify that found `damaged` of `all` backups bad; `first` is what it found.
Error damage_found(std::size_t damaged, std::size_t all, const std::string& id,
                   const std::string& first) {
    if (all == 1) return {ErrorCode::damaged, fmt::format("cannot verify '{}': {}", id, first)};
    return {ErrorCode::damaged, fmt::format("cannot verify {} of {} backups, such as '{}': {}",
                                            damaged, all, id, first)};
}

Outcome verify_all(Service& service, const std::vector<BackupName>& backups, JobContext& context) {
    Json reports = Json::array();
    std::size_t damaged = 0;
    VerifyReport first;
    for (const BackupName& asked : backups) {
        context.throw_if_stopped();
        const BackupName backup = named(service, asked);
        const VerifyReport report = verified(service, backup, context);
        note_verification(service, {backup.cluster, report.backup_id}, report.problems,
                          context.job_id);
        if (!report.problems.empty() && damaged++ == 0) first = report;
        reports.push_back(describe(report, backup.cluster));
    }
    Json result;
    if (backups.size() == 1) result["backup_id"] = reports.front()["backup_id"];
    result["backups"] = std::move(reports);
    if (damaged == 0) return Outcome(std::move(result));
    return {std::move(result),
            damage_found(damaged, backups.size(), first.backup_id, first.problems.front())};
}

asio::awaitable<Outcome> verify(Service& service, const std::vector<BackupName>& backups,
                                JobContext& context) {
    std::function<Outcome()> work = [&] { return verify_all(service, backups, context); };
    co_return co_await run_on_thread(std::move(work));
}

}  // namespace

void note_verification(Service& service, const BackupName& backup,
                       const std::vector<std::string>& problems, const std::string& job) {
    if (!service.keeps_books()) return;
    VerificationResult found;
    found.at = service.clock.now();
    found.job_id = job;
    if (!problems.empty()) {
        found.outcome = VerificationOutcome::damaged;
        found.problems = first_of(problems);
    }
    try {
        service.repository.record_verification(backup.cluster, backup.id, found);
    } catch (const Error& error) {
        log(LogLevel::error, job,
            fmt::format("cannot note what was found of '{}': {}", backup.id, error.what()));
    }
}

JobPointer start_verify(Service& service, const std::vector<BackupName>& backups,
                        const std::string& asked_by) {
    JobWork work = [&service, backups](JobContext& context) {
        return verify(service, backups, context);
    };
    const std::string& first = backups.front().cluster;
    const bool one_cluster = first == backups.back().cluster;
    JobSpec spec("verify", one_cluster ? first : "all clusters", asked_by);
    for (const BackupName& backup : backups) {
        const std::string name = exclusive_name(backup.cluster);
        spec.subject += backup.cluster + "/" + backup.id + " ";
        if (spec.exclusive.empty() || spec.exclusive.back() != name) {
            spec.exclusive.push_back(name);
            if (!one_cluster) spec.clusters.push_back(backup.cluster);
        }
        spec.limit += job_limit(service, backup.cluster);
    }
    return service.jobs.start(std::move(spec), std::move(work));
}

void verify_after(Service& service, const BackupName& backup, const std::string& asked_by,
                  const JobContext& context) {
    if (!service.keeps_books()) return;
    try {
        start_verify(service, {backup}, asked_by);
    } catch (const Error& error) {
        context.warn(std::string("no verify follows: ") + error.what());
    }
}

}  // namespace tsb

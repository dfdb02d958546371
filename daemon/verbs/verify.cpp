#include "core/ops/verify.hpp"

#include <spdlog/fmt/fmt.h>

#include "core/ops/run_on.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

struct BackupName {
    std::string cluster;
    std::string id;
};

/// What the request asks to be verified. Reads the disk.
std::vector<BackupName> chosen_backups(Service& service, const Json& args) {
    service.repository.require_there();
    const std::string named = text_arg(args, "cluster");
    if (!flag_arg(args, "all")) {
        const std::string given = text_arg(args, "backup");
        const std::string id = given.empty() ? "latest" : given;
        return {{service.cluster_with(named, id), id}};
    }
    if (!text_arg(args, "backup").empty()) {
        throw Error(ErrorCode::usage, "cannot verify: give either a backup or --all");
    }
    std::vector<std::string> clusters = service.cluster_names();
    if (!named.empty()) clusters = {service.cluster_with(named, "")};
    std::vector<BackupName> out;
    for (const std::string& cluster : clusters) {
        for (const BackupEntry& entry : service.repository.list(cluster)) {
            out.push_back({cluster, entry.id});
        }
    }
    if (out.empty()) throw Error(ErrorCode::not_found, "cannot verify: there is no backup");
    return out;
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
    for (const BackupName& backup : backups) {
        context.throw_if_stopped();
        const VerifyReport report = verify_one(service, backup, context);
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

asio::awaitable<Outcome> verify_verb(VerbCall& call) {
    Service& service = call.service;
    std::function<std::vector<BackupName>()> choose = [&call] {
        return chosen_backups(call.service, call.args);
    };
    const std::vector<BackupName> backups = co_await run_on_thread(std::move(choose));
    JobWork work = [&service, backups](JobContext& context) {
        return verify(service, backups, context);
    };
    const bool one_cluster = backups.front().cluster == backups.back().cluster;
    JobSpec spec("verify", one_cluster ? backups.front().cluster : "all clusters", "",
                 call.caller.uid);
    JobPointer job = service.jobs.start(std::move(spec), std::move(work));
    co_return co_await attend(call, std::move(job));
}

}  // namespace tsb

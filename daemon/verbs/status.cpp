#include <spdlog/fmt/fmt.h>

#include "core/ops/backup.hpp"
#include "core/ops/run_on.hpp"
#include "daemon/backup_request.hpp"
#include "daemon/describe.hpp"
#include "daemon/verbs/handlers.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

/// One cluster of the report; what is wrong with it is appended to `problems`.
Json cluster_status(const std::string& cluster, const std::vector<BackupEntry>& entries,
                    SystemTime now, Json& problems) {
    Json out = {{"cluster", cluster}};
    Json broken = Json::array();
    std::size_t good = 0;
    for (const BackupEntry& entry : entries) {
        const Json line = describe(entry, now);
        if (entry.metadata) {
            ++good;
            out["last_good"] = line;
        } else {
            broken.push_back(line);
            problems.push_back(
                fmt::format("backup {} of {} is broken: {}", entry.id, cluster, entry.problem));
        }
    }
    if (good == 0) problems.push_back(fmt::format("cluster {} has no good backup", cluster));
    out["good"] = good;
    out["broken"] = std::move(broken);
    return out;
}

Json repository_status(Service& service, Json& problems) {
    Json out = {{"path", service.repository.path().string()}, {"present", true}, {"free_bytes", 0}};
    try {
        service.repository.require_there();
        out["free_bytes"] = service.repository.free_bytes();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::repository_missing) throw;
        out["present"] = false;
        problems.push_back(std::string(error.what()) + " (" + error.hint() + ")");
    }
    return out;
}

Json status_report(Service& service) {
    const SystemTime now = service.clock.now();
    Json problems = Json::array();
    Json clusters = Json::array();
    Json repository = repository_status(service, problems);
    if (!repository["present"]) return {{"repository", repository}, {"problems", problems}};
    for (const std::string& cluster : service.cluster_names()) {
        clusters.push_back(
            cluster_status(cluster, service.repository.list(cluster), now, problems));
    }
    return {{"clusters", std::move(clusters)},
            {"repository", std::move(repository)},
            {"problems", std::move(problems)}};
}

Outcome healthy_if_none(Json result, std::size_t problems) {
    result["healthy"] = problems == 0;
    if (problems == 0) return Outcome(std::move(result));
    const std::string message =
        fmt::format("found {} problem{}", problems, problems == 1 ? "" : "s");
    return {std::move(result), Error(ErrorCode::unhealthy, message)};
}

const char* result_text(CheckLine::Result result) {
    switch (result) {
        case CheckLine::Result::pass:
            return "pass";
        case CheckLine::Result::warn:
            return "warn";
        case CheckLine::Result::fail:
            break;
    }
    return "fail";
}

Json describe(const CheckLine& line) {
    return {{"result", result_text(line.result)},
            {"what", line.what},
            {"detail", line.detail},
            {"hint", line.hint}};
}

std::vector<ClusterConfig> chosen_clusters(const Config& config, const std::string& named) {
    if (named.empty()) return config.clusters;
    return {config.cluster(named)};
}

}  // namespace

asio::awaitable<Outcome> status_verb(VerbCall& call) {
    std::function<Json()> work = [&call] { return status_report(call.service); };
    Json result = co_await run_on_thread(std::move(work));
    Json jobs = Json::array();
    for (const JobPointer& job : call.service.jobs.running()) jobs.push_back(describe(*job));
    result["jobs"] = std::move(jobs);
    const std::size_t problems = result["problems"].size();
    co_return healthy_if_none(std::move(result), problems);
}

asio::awaitable<Outcome> check_verb(VerbCall& call) {
    Service& service = call.service;
    Json clusters = Json::array();
    std::size_t failures = 0;
    for (const ClusterConfig& cluster :
         chosen_clusters(service.config, text_arg(call.args, "cluster"))) {
        Json checking = {{"event", "checking"}, {"cluster", cluster.name}};
        co_await call.emit(std::move(checking));
        ProgressMeter meter;
        JobContext context("", service.stopping.get_token(), meter);
        const BackupOptions options = backup_options(cluster, Json::object());
        const std::vector<CheckLine> findings =
            co_await check_cluster(options, service.repository, service.connect, context);
        Json lines = Json::array();
        for (const CheckLine& line : findings) {
            failures += line.result == CheckLine::Result::fail ? 1 : 0;
            lines.push_back(describe(line));
        }
        Json entry = {{"cluster", cluster.name}, {"lines", std::move(lines)}};
        clusters.push_back(std::move(entry));
    }
    Json result = {{"clusters", std::move(clusters)}};
    co_return healthy_if_none(std::move(result), failures);
}

}  // namespace tsb

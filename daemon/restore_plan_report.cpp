#include "daemon/restore_plan_report.hpp"

#include <unistd.h>

#include "core/base/user_entry.hpp"
#include "core/ops/restore_plan.hpp"
#include "core/ops/server_binaries.hpp"
#include "daemon/restore_estimate.hpp"

namespace tsb {
namespace {

constexpr std::size_t looked_at_jobs = 200;

/// Seconds that the restore may take; null when nobody can tell.
Json estimate(Repository& repository, const std::string& cluster, const Metadata& backup,
              RestoreWay way) {
    const auto expected = expected_restore_time(repository.newest_history(cluster, looked_at_jobs),
                                                repository.list(cluster), backup, way);
    return expected ? Json(expected->count()) : Json(nullptr);
}

Json describe(const TablespacePlan& tablespace) {
    return {{"oid", tablespace.oid},
            {"location", tablespace.location.string()},  // empty: in the data directory
            {"bytes", tablespace.bytes}};
}

Json describe(const SpaceNeed& need) {
    return {{"directory", need.directory.string()},
            {"needed_bytes", need.needed_bytes},
            {"free_bytes", need.free_bytes}};
}

template <class Item>
Json describe_planned(const std::vector<Item>& items) {
    Json out = Json::array();
    for (const Item& item : items) out.push_back(describe(item));
    return out;
}

/// The PostgreSQL that would run the restored data here: the programs of its version, empty when
/// they are not installed, and which versions are.
void add_target_server(const std::vector<std::filesystem::path>& configured,
                       const Metadata& metadata, Json& plan) {
    const auto servers = installed_servers(configured);
    const auto fitting = servers.find(metadata.server_major());
    plan["target_server"] = fitting == servers.end() ? std::string() : fitting->second.string();
    plan["target_majors"] = Json::array();
    for (const auto& [major, binaries] : servers) plan["target_majors"].push_back(major);
}

Json describe_owner(const FileOwner& owner) {
    const auto user = user_entry(owner.uid);
    return {{"uid", owner.uid}, {"gid", owner.gid}, {"user", user ? user->name : ""}};
}

Outcome describe(const RestorePlan& plan, const std::string& cluster, SystemTime now) {
    const Metadata& metadata = *plan.metadata;
    Json out = {
        {"plan", true},
        {"backup_id", plan.backup_id},
        {"cluster", cluster},
        {"target", plan.target.string()},
        {"stopped_at", to_iso8601(metadata.stopped_at)},
        {"age_s", std::chrono::floor<std::chrono::seconds>(now - metadata.stopped_at).count()},
        {"server_version", metadata.server_version},
        {"compression", to_string(metadata.compression)},
        {"restored_bytes", metadata.cluster_bytes},
        {"restored_files", metadata.member_count},
        {"backup_took_ms", metadata.total_ms},
        {"owner", describe_owner(plan.owner.value_or(FileOwner{geteuid(), getegid()}))},
        {"tablespaces", describe_planned(plan.tablespaces)},
        {"space", describe_planned(plan.space)},
        {"notes", plan.notes},
        {"refusals", Json::array()}};
    for (const Error& refusal : plan.refusals) {
        out["refusals"].push_back({{"code", kind_of(refusal.code()).name},
                                   {"message", refusal.what()},
                                   {"hint", refusal.hint()}});
    }
    Outcome outcome(std::move(out));
    if (!plan.refusals.empty()) outcome.failure = plan.refusals.front();
    return outcome;
}

}  // namespace

Outcome restore_plan_report(Service& service, const RestoreOptions& options) {
    const RestorePlan found = plan_restore(service.repository, options);
    Outcome outcome = describe(found, options.cluster, service.clock.now());
    outcome.result["eta_s"] =
        estimate(service.repository, options.cluster, *found.metadata, RestoreWay::elsewhere);
    add_target_server(options.server_binaries, *found.metadata, outcome.result);
    return outcome;
}

Outcome in_place_plan_report(Service& service, const InPlaceOptions& options) {
    const InPlacePlan found = plan_restore_in_place(service.repository, options, service.clock);
    Outcome outcome = describe(found.restore, options.cluster, service.clock.now());
    outcome.result["eta_s"] = estimate(service.repository, options.cluster, *found.restore.metadata,
                                       RestoreWay::in_place);
    add_target_server(options.server_binaries, *found.restore.metadata, outcome.result);
    Json in_place = {{"started_by", found.started_by}};
    if (found.postmaster.seen()) in_place["server_pid"] = found.postmaster.pid;
    if (!found.stopped_by.empty()) in_place["stopped_by"] = found.stopped_by;
    if (!found.kept_at.empty()) in_place["kept_at"] = found.kept_at.string();
    outcome.result["in_place"] = std::move(in_place);
    return outcome;
}

}  // namespace tsb

#include "daemon/notify/notice.hpp"

#include <array>

#include "daemon/jobs.hpp"

namespace tsb {
namespace {

Json body_of(Notice::Kind kind, const std::string& cluster, SystemTime at,
             const std::string& host) {
    return {
        {"event", to_string(kind)}, {"cluster", cluster}, {"at", to_iso8601(at)}, {"host", host}};
}

}  // namespace

std::string_view to_string(Notice::Kind kind) {
    constexpr std::array names = {"success", "failure", "overdue", "recovered"};
    return names.at(static_cast<std::size_t>(kind));
}

Notice notice_of(const Job& job, const std::string& host) {
    const auto kind = job.outcome.failure ? Notice::Kind::failure : Notice::Kind::success;
    Json body = body_of(kind, job.spec.cluster, job.ended, host);
    body["kind"] = job.spec.kind;
    body["job"] = job.id;
    const auto backup = job.outcome.result.find("backup_id");
    if (backup != job.outcome.result.end()) body["backup_id"] = *backup;
    if (job.outcome.failure) body["error"] = encode_outcome(job.outcome)["error"];
    return {kind, job.spec.cluster, std::move(body)};
}

Notice notice_of(Notice::Kind kind, const std::string& cluster, const std::string& finding,
                 SystemTime at, const std::string& host) {
    Json body = body_of(kind, cluster, at, host);
    body["message"] = finding;
    return {kind, cluster, std::move(body)};
}

}  // namespace tsb

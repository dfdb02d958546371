// What a hook or a webhook is told, as one JSON object:
//
//   event     "success", "failure", "overdue" or "recovered"
//   cluster, host, at (ISO 8601, UTC)
//   of a job  kind ("backup", ...), job, backup_id when there is one, and of a failed one
//             error: {code, message, hint}
//   else      message: what was found
//
// Holds no secret: errors have none in their texts (I8). Decides nothing. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "daemon/wire.hpp"

namespace tsb {

struct Job;

struct Notice {
    enum class Kind { success, failure, overdue, recovered };

    Notice(Kind k, std::string c, Json b) : kind(k), cluster(std::move(c)), body(std::move(b)) {}
    Kind kind;
    std::string cluster;
    Json body;
};
std::string_view to_string(Notice::Kind kind);

/// How a job ended: Job::ended and Job::outcome are set. Of one that was cancelled it is a failure
/// with the code "cancelled"; whether to tell that is the caller's. Thread: loop.
Notice notice_of(const Job& job, const std::string& host);
/// Something found about the backups of a cluster, in words. Thread: any.
Notice notice_of(Notice::Kind kind, const std::string& cluster, const std::string& finding,
                 SystemTime at, const std::string& host);

}  // namespace tsb

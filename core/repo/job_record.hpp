// One line of a cluster's history: how a job ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"

namespace tsb {

struct JobRecord {
    std::string job_id;
    std::string kind;  // "backup", "verify", "restore"
    std::string cluster;
    std::string outcome;  // "done", "failed", "cancelled", "interrupted"
    std::string backup_id;
    std::string error_code;
    std::string message;
    SystemTime ended_at;
    // Lines of earlier versions lack what follows.
    std::optional<SystemTime> started_at = {};
    std::string asked_by = {};  // "uid 1000", "schedule"; empty: not known
    std::uint64_t bytes = 0;    // stored or read
    std::string hint = {};      // of the error
    bool in_place = false;      // a restore that stopped and started the server as well
};

/// A line of history/jobs.jsonl, with its newline; texts of more than 8 KiB are cut. Thread: any.
std::string encode_job_record(const JobRecord& record);
/// The inverse, from untrusted text, also of earlier versions; Error{damaged}. Thread: any.
JobRecord decode_job_record(std::string_view line);

}  // namespace tsb

// Verifies a stored backup from its stored bytes, without extracting it.
#pragma once

#include <string>
#include <vector>

#include "core/base/job_context.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

struct VerifyReport {
    std::string backup_id;
    std::uint64_t stored_bytes = 0;  // read and digested
    std::uint64_t members = 0;       // proven against the manifest
    std::uint64_t wal_segments = 0;
    std::vector<std::string> problems;  // one line each, naming the file; empty: the backup is good
};

/// `backup` is an id or "latest". Reads everything; findings are problems in the report, files that
/// cannot be read among them. Throws only when the backup cannot be opened or listed (not_found,
/// damaged, busy, io) and when cancelled. Thread: worker (blocks).
VerifyReport verify_backup(Repository& repository, const std::string& cluster,
                           const std::string& backup, JobContext& job);

}  // namespace tsb

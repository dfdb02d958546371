// Backups and jobs as JSON for clients; the shapes are those of PROTOCOL.md. Pure.
#pragma once

#include "core/repo/repository.hpp"
#include "daemon/jobs.hpp"
#include "daemon/wire.hpp"

namespace tsb {

/// All that is known of a backup, but the directories of format plain.
Json describe(const Metadata& metadata);
/// What a database holds.
Json describe(const DatabaseContents& contents);
/// What is known of a backup's last drill.
Json describe(const DrillResult& drill);
/// A line of `list`: a good backup in short, or a broken one with its problem.
Json describe(const BackupEntry& entry, SystemTime now);
Json describe(const Job& job, SystemTime now);
Json describe(const JobRecord& record);

/// A snapshot of a job for clients that follow it.
ProgressEvent progress_of(const Job& job);

/// "15.18" of libpq's 150018.
std::string libpq_version_text(int version);

}  // namespace tsb

// One physical base backup, from the first connection to the commit.
//
// Keeps I1 (success only for a complete, proven, synced, committed backup), I2, I7, I9.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/job_context.hpp"
#include "core/base/thread_priority.hpp"
#include "core/io/digest.hpp"
#include "core/pg/commands.hpp"
#include "core/pg/session.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

struct BackupOptions {
    BackupOptions() = default;
    std::string cluster;
    ConnectOptions connection;
    BackupFormat format = BackupFormat::tar;
    Compression compression;
    CheckpointMode checkpoint = CheckpointMode::fast;
    /// Digests in the server's manifest, which cost the server time. What is stored has a SHA-256
    /// besides: each archive of format tar, each file of format plain.
    DigestKind manifest_checksums = DigestKind::crc32c;
    std::uint32_t max_rate_kb = 0;     // 0: unlimited
    std::string label;                 // empty: "tsbackup <id>"
    unsigned compression_workers = 0;  // 0: as many as there are cores
    ThreadPriority priority;           // of the threads that compress, prove and write
    std::chrono::seconds copy_stall_limit{60};
    std::chrono::seconds checkpoint_limit{3600};
};

/// Returns the committed backup's metadata. Throws Error with the cause; then nothing of it is
/// listed or left. Everything passed must outlive the await. Thread: loop (blocking work is done
/// on threads of its own). The repository must be locked by this process.
boost::asio::awaitable<Metadata> run_backup(const BackupOptions& options, Repository& repository,
                                            const SessionFactory& connect, const Clock& clock,
                                            JobContext& job);

/// One line of `check`: what was looked at and whether a backup would work.
struct CheckLine {
    enum class Result { pass, warn, fail };
    Result result = Result::pass;
    std::string what;
    std::string detail;
    std::string hint;
};

/// Everything a backup needs, without taking one. Never throws for a finding. Thread: loop.
boost::asio::awaitable<std::vector<CheckLine>> check_cluster(const BackupOptions& options,
                                                             Repository& repository,
                                                             const SessionFactory& connect,
                                                             JobContext& job);

}  // namespace tsb

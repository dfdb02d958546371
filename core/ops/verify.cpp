#include "core/ops/verify.hpp"

#include "core/ops/verification.hpp"

namespace tsb {

VerifyReport verify_backup(Repository& repository, const std::string& cluster,
                           const std::string& backup, JobContext& job) {
    const BackupHandle handle = repository.open_backup(cluster, backup);
    WorkerPool pool(default_workers());
    StoredBackup stored(repository.fs(), handle, pool);
    VerifyReport report = verify_stored(stored, job);
    job.progress.phase = Phase::done;
    return report;
}

}  // namespace tsb

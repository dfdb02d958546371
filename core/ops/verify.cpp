#include "core/ops/verify.hpp"

#include <algorithm>
#include <thread>

#include "core/ops/verification.hpp"

namespace tsb {

VerifyReport verify_backup(Repository& repository, const std::string& cluster,
                           const std::string& backup, JobContext& job) {
    const BackupHandle handle = repository.open_backup(cluster, backup);
    WorkerPool pool(std::max(1U, std::thread::hardware_concurrency()));
    StoredBackup stored(repository.fs(), handle, pool);
    VerifyReport report = verify_stored(stored, job);
    job.progress.phase = Phase::done;
    return report;
}

}  // namespace tsb

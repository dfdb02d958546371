#include "core/ops/restore.hpp"

#include "core/base/human.hpp"
#include "core/ops/restore_run.hpp"

namespace tsb {

RestoreReport restore_backup(Repository& repository, const RestoreOptions& options,
                             JobContext& job) {
    const BackupHandle handle = repository.open_backup(options.cluster, options.backup);
    WorkerPool pool(default_workers());
    StoredBackup backup(repository.fs(), handle, pool);
    job.info("restoring " + handle.id + " of " + options.cluster + " to " +
             options.target.string());
    RestoreRun run(backup, options, job);
    run.preflight(repository.path());
    run.check_backup();
    run.claim_targets();
    run.extract();
    run.write_settings();
    run.make_startable();
    RestoreReport report = run.report();
    job.info("restored " + handle.id + ": " + human_size(report.restored_bytes) + " in " +
             std::to_string(report.restored_files) + " files");
    return report;
}

}  // namespace tsb

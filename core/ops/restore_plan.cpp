#include "core/ops/restore_plan.hpp"

#include <functional>

#include "core/base/human.hpp"
#include "core/ops/restore_places.hpp"
#include "core/ops/restore_target.hpp"
#include "core/ops/stored_backup.hpp"

namespace tsb {
namespace {

/// The first of what is missing or has another size; empty when nothing is.
std::string problem_of_files(const StoredBackup& backup, const StoredBackup::Listing& listing) {
    if (!listing.missing.empty()) return listing.missing.front();
    for (const StoredFile& file : backup.metadata().files) {
        if (std::string problem = backup.size_problem(file); !problem.empty()) return problem;
    }
    return {};
}

void look_at_stored_files(const BackupHandle& handle, Repository& repository, RestorePlan& plan) {
    WorkerPool idle(1);  // nothing is decompressed
    const StoredBackup backup(repository.fs(), handle, idle);
    const StoredBackup::Listing listing = backup.listing();
    const std::string problem = problem_of_files(backup, listing);
    if (!problem.empty()) {
        throw Error(ErrorCode::damaged, "cannot restore '" + handle.id + "': " + problem,
                    "restore an older backup: tsbackupctl list");
    }
    for (const std::string& line : listing.extra) {
        plan.notes.push_back("in the backup's directory " + line);
    }
}

void look_at_space(Fs& fs, RestorePlan& plan) {
    plan.space = restore_space(fs, *plan.metadata, plan.target, plan.tablespaces);
    for (const SpaceNeed& need : plan.space) require_fits(need, plan.backup_id);
}

}  // namespace

RestorePlan plan_restore(Repository& repository, const RestoreOptions& options) {
    const BackupHandle handle = repository.open_backup(options.cluster, options.backup);
    RestorePlan plan;
    plan.backup_id = handle.id;
    plan.metadata = std::make_shared<const Metadata>(handle.metadata);
    plan.target = options.target;
    const auto decide = [&plan](const std::function<void()>& step) {
        try {
            step();
        } catch (const Error& error) {
            plan.refusals.push_back(error);
        }
    };
    Fs& fs = repository.fs();
    decide([&] { look_at_stored_files(handle, repository, plan); });
    decide([&] {
        const std::string note = check_installed_major(*plan.metadata, options);
        if (!note.empty()) plan.notes.push_back(note);
    });
    bool placed = false;
    decide([&] {
        plan.tablespaces = plan_tablespaces(*plan.metadata, options);
        placed = true;
    });
    decide([&] { require_usable_target(fs, options.target, options.target); });
    for (const TablespacePlan& tablespace : plan.tablespaces) {
        if (tablespace.location.empty()) continue;
        decide([&] { require_usable_target(fs, tablespace.files, options.target); });
    }
    decide([&] { plan.owner = restore_owner(fs, options); });
    // Where the tablespaces go is part of it.
    if (placed) decide([&] { look_at_space(fs, plan); });
    const std::filesystem::path& place =
        options.staging ? options.staging->data_directory : options.target;
    decide([&] { require_safe_places(repository.path(), place, plan.tablespaces); });
    return plan;
}

}  // namespace tsb

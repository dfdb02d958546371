// Start-up recovery: what an earlier process left half done is recorded and removed. Each step may
// be cut off by a crash and is then done again by the next start.
#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "core/repo/backup_directory.hpp"
#include "core/repo/names.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

/// Calls `act` for each backup directory in cluster/`place`, syncs the place when there was any,
/// and says in the report what was not ours. A failure with one does not keep from the others.
void for_each_leftover(Fs& fs, int cluster_directory, const std::string& cluster,
                       const std::string& place, RecoveryReport& report,
                       const std::function<void(int, const std::string&)>& act) {
    if (!fs.status(cluster_directory, place)) return;
    const Fd directory = fs.open_directory(cluster_directory, place);
    bool changed = false;
    for (const std::string& name : fs.entries(directory.get())) {
        const std::string where = cluster + "/" + place + "/" + printable(name);
        const auto status = fs.status(directory.get(), name);
        if (!names::parse_backup_id(name) || !status || status->kind != FileKind::directory) {
            report.push_back("left alone '" + where + "': not made by tsbackup");
            continue;
        }
        try {
            act(directory.get(), name);
            changed = true;
        } catch (const Error& error) {
            report.push_back("could not finish '" + where + "': " + error.what());
        }
    }
    if (changed) fs.sync(directory.get());
}

constexpr const char* interrupted = "interrupted";

/// False too when the history cannot be read: a second record is better than none.
bool recorded_as_interrupted(Repository& repository, const std::string& cluster,
                             const std::string& id) {
    try {
        const std::vector<JobRecord> history = repository.history(cluster);
        return std::any_of(history.begin(), history.end(), [&](const JobRecord& record) {
            return record.backup_id == id && record.outcome == interrupted;
        });
    } catch (const Error&) {
        return false;
    }
}

JobRecord interrupted_backup(const std::string& cluster, const std::string& id) {
    JobRecord record;
    record.kind = "backup";
    record.cluster = cluster;
    record.outcome = interrupted;
    record.backup_id = id;
    record.message = "the process ended before the backup did";
    record.started_at = names::parse_backup_id(id);
    record.ended_at = system_clock().now();
    return record;
}

/// True for what a process left that died while it replaced a file of ours.
bool is_unfinished(const std::string& name) {
    const auto of = names::parse_unfinished_file(name);
    return of && (names::parse_notes_file(*of) || names::parse_state_file(*of));
}

/// Removes such files. They are no loss, so nothing is said of them.
void remove_unfinished(Fs& fs, int directory) {
    bool changed = false;
    for (const std::string& name : fs.entries(directory)) {
        if (!is_unfinished(name)) continue;
        remove_tree(fs, directory, name);
        changed = true;
    }
    if (changed) fs.sync(directory);
}

/// A process may have died between its rename to trash/ and its syncs: a power cut must not bring
/// back a backup of which a part is gone.
void settle_trash(Fs& fs, int cluster_directory) {
    if (!fs.status(cluster_directory, names::trash_directory)) return;
    const Fd trash = fs.open_directory(cluster_directory, names::trash_directory);
    if (fs.entries(trash.get()).empty()) return;
    sync_directory(fs, cluster_directory, names::backups_directory);
    fs.sync(trash.get());
}

}  // namespace

void Repository::empty_trash(const std::string& cluster, int cluster_directory,
                             RecoveryReport& report) {
    settle_trash(*fs_, cluster_directory);
    for_each_leftover(
        *fs_, cluster_directory, cluster, names::trash_directory, report,
        [&](int trash, const std::string& id) {
            remove_tree(*fs_, trash, id);
            report.push_back("finished removing backup '" + id + "' of cluster '" + cluster + "'");
        });
}

void Repository::clear_in_progress(const std::string& cluster, int cluster_directory,
                                   RecoveryReport& report) {
    for_each_leftover(*fs_, cluster_directory, cluster, names::in_progress_directory, report,
                      [&](int in_progress, const std::string& id) {
                          if (!recorded_as_interrupted(*this, cluster, id)) {
                              record(interrupted_backup(cluster, id));
                          }
                          remove_tree(*fs_, in_progress, id);
                          report.push_back("removed interrupted backup '" + id + "' of cluster '" +
                                           cluster + "'");
                      });
}

void Repository::clear_notes(const std::string& cluster, int cluster_directory,
                             RecoveryReport& report) {
    NotesDirectory notes(*fs_, cluster_directory, cluster);
    if (!notes.is_there()) return;
    remove_unfinished(*fs_, notes.get());
    for (const std::string& name : notes.entries()) {
        const std::string where = cluster + "/" + names::notes_directory + "/" + printable(name);
        const auto id = names::parse_notes_file(name);
        if (!id) {
            report.push_back("left alone '" + where + "': not made by tsbackup");
        } else if (!has_backup(*fs_, cluster_directory, *id)) {
            notes.remove(*id);
            report.push_back("removed '" + where + "': its backup is gone");
        }
    }
}

void Repository::clear_states(int cluster_directory) {
    if (!fs_->status(cluster_directory, names::history_directory)) return;
    const Fd history = fs_->open_directory(cluster_directory, names::history_directory);
    remove_unfinished(*fs_, history.get());
}

RecoveryReport Repository::recover() {
    require_lock("recover");
    RecoveryReport report;
    for (const std::string& cluster : clusters()) {
        const Fd directory = open_cluster(cluster);
        empty_trash(cluster, directory.get(), report);
        clear_in_progress(cluster, directory.get(), report);
        try {
            clear_states(directory.get());
            clear_notes(cluster, directory.get(), report);
        } catch (const Error& error) {
            // What is left there does no harm until the next start.
            report.push_back("could not clear notes and history of cluster '" + cluster +
                             "': " + error.what());
        }
    }
    return report;
}

}  // namespace tsb

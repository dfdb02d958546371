// Start-up recovery: what an earlier process left half done is recorded and removed. Each step may
// be cut off by a crash and is then done again by the next start.
#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
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

}  // namespace

void Repository::empty_trash(const std::string& cluster, int cluster_directory,
                             RecoveryReport& report) {
    for_each_leftover(
        *fs_, cluster_directory, cluster, names::trash_directory, report,
        [&](int trash, const std::string& id) {
            remove_tree(*fs_, trash, id);
            report.push_back("finished removing backup '" + id + "' of cluster '" + cluster + "'");
        });
}

void Repository::clear_in_progress(const std::string& cluster, int cluster_directory,
                                   RecoveryReport& report) {
    for_each_leftover(
        *fs_, cluster_directory, cluster, names::in_progress_directory, report,
        [&](int in_progress, const std::string& id) {
            if (!recorded_as_interrupted(*this, cluster, id)) {
                record({"", "backup", cluster, interrupted, id, "",
                        "the process ended before the backup did", system_clock().now()});
            }
            remove_tree(*fs_, in_progress, id);
            report.push_back("removed interrupted backup '" + id + "' of cluster '" + cluster +
                             "'");
        });
}

RecoveryReport Repository::recover() {
    if (!lock_file_) throw Error(ErrorCode::internal, "cannot recover: repository not locked");
    RecoveryReport report;
    for (const std::string& cluster : clusters()) {
        const Fd directory = open_cluster(cluster);
        empty_trash(cluster, directory.get(), report);
        clear_in_progress(cluster, directory.get(), report);
    }
    return report;
}

}  // namespace tsb

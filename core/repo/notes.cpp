// Pins and verifications of backups: each change reads the notes, changes one part and puts them in
// place of the old ones, one change at a time.
#include <unistd.h>

#include "core/base/error.hpp"
#include "core/repo/backup_directory.hpp"
#include "core/repo/cluster_directories.hpp"
#include "core/repo/notes_directory.hpp"
#include "core/repo/repository.hpp"

namespace tsb {
namespace {

/// As read, or with their problem when what stands there is not a backup's notes. A failure of the
/// disk is thrown: the next try may read them.
BackupNotes read_or_problem(const NotesDirectory& directory, const std::string& id) {
    try {
        return directory.read(id);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        BackupNotes notes;
        notes.problem = error.what();
        return notes;
    }
}

/// Nobody asked for the pin that may have been in damaged notes to go.
void keep_if_lost(BackupNotes& notes, SystemTime now) {
    if (notes.problem.empty()) return;
    notes.pin = Pin{"its earlier notes were lost: " + notes.problem, ::geteuid(), now};
}

}  // namespace

BackupNotes Repository::notes(const std::string& cluster, const std::string& id) {
    const Fd directory = open_cluster(cluster);
    if (!directory || !has_backup(*fs_, directory.get(), id)) {
        throw no_backup("read the notes of", cluster, id);
    }
    return notes_or_problem(*fs_, directory.get(), cluster, id);
}

void Repository::change_notes(const std::string& verb, const std::string& cluster,
                              const std::string& id,
                              const std::function<void(BackupNotes&)>& change) {
    require_lock(verb + " a backup");
    const std::lock_guard one_change(*change_mutex_);
    const Fd existing = open_cluster(cluster);
    if (!existing || !has_backup(*fs_, existing.get(), id)) throw no_backup(verb, cluster, id);
    try {
        const Fd directory = make_cluster_directories(*fs_, root_.get(), cluster);
        NotesDirectory notes_directory(*fs_, directory.get(), cluster);
        const BackupNotes before = read_or_problem(notes_directory, id);
        BackupNotes notes = before;
        change(notes);
        notes.problem.clear();
        if (notes != before) notes_directory.write(id, notes);
    } catch (const Error& error) {
        throw error.with_context("cannot " + verb + " backup '" + id + "'");
    }
}

void Repository::set_pin(const std::string& cluster, const std::string& id, const Pin& pin) {
    if (pin.reason.size() > largest_pin_reason) {
        throw Error(ErrorCode::usage, "cannot pin backup '" + printable(id) +
                                          "': its reason is longer than " +
                                          std::to_string(largest_pin_reason) + " bytes");
    }
    change_notes("pin", cluster, id, [&](BackupNotes& notes) { notes.pin = pin; });
}

void Repository::clear_pin(const std::string& cluster, const std::string& id) {
    change_notes("unpin", cluster, id, [](BackupNotes& notes) { notes.pin.reset(); });
}

void Repository::record_verification(const std::string& cluster, const std::string& id,
                                     const VerificationResult& verification) {
    change_notes("record the verification of", cluster, id, [&](BackupNotes& notes) {
        keep_if_lost(notes, verification.at);
        notes.verification = verification;
    });
}

void Repository::record_drill(const std::string& cluster, const std::string& id,
                              const DrillResult& drill) {
    change_notes("record the drill of", cluster, id, [&](BackupNotes& notes) {
        keep_if_lost(notes, drill.at);
        notes.drill = drill;
    });
}

}  // namespace tsb

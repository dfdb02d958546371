// The directory notes/ of one cluster: reading, replacing and removing single notes files, and
// reading them all for a listing.
//
// Does not know whether a backup is there, and holds no lock: who changes something has the
// repository's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "core/repo/backup_notes.hpp"
#include "core/repo/stamped_cache.hpp"

namespace tsb {

using NotesCache = StampedCache<FileStatus, BackupNotes>;

class NotesDirectory {
public:
    /// Opens notes/ in an open cluster directory. Clusters made by an earlier version have none:
    /// then no backup has notes, and none can be written. Error{io} when it cannot be opened.
    NotesDirectory(Fs& fs, int cluster_directory, std::string cluster);

    bool is_there() const { return static_cast<bool>(directory_); }
    int get() const { return directory_.get(); }
    /// Names in it, sorted; none when it is not there. Error{io}.
    std::vector<std::string> entries() const;
    /// Empty notes when the backup has none. Error{damaged}; Error{io}.
    BackupNotes read(const std::string& id) const;
    /// Puts `notes` in place of what was there, durably (replace_file()). Notes that say nothing
    /// are removed instead, for which no space is needed.
    void write(const std::string& id, const BackupNotes& notes);
    /// Durably; missing is fine.
    void remove(const std::string& id);

private:
    Fs* fs_;
    std::string cluster_;
    Fd directory_;
};

/// The notes of one backup, which cannot fail: what cannot be read is told in BackupNotes::problem.
BackupNotes notes_or_problem(Fs& fs, int cluster_directory, const std::string& cluster,
                             const std::string& id);

/// The notes of a cluster's backups, for a listing, which cannot fail either: what cannot be
/// read may be one file or the whole directory.
class NotesListing {
public:
    NotesListing(Fs& fs, int cluster_directory, const std::string& cluster, NotesCache& cache);
    /// What was read before is taken while the file is the same.
    BackupNotes of(const std::string& id) const;

private:
    BackupNotes read(const std::string& id, const std::string& file) const;

    Fs& fs_;
    std::string cluster_;
    NotesCache& cache_;
    std::unique_ptr<NotesDirectory> directory_;
    std::vector<std::string> files_;  // names in it, sorted
    std::string problem_;             // of the directory
};

}  // namespace tsb

// The repository on disk (design section 5): marker, lock, clusters, backups, trash, start-up
// recovery. Everything beneath it is created 0700/0600 and opened without following links.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/fs.hpp"
#include "core/repo/backup_entry.hpp"
#include "core/repo/backup_notes.hpp"
#include "core/repo/job_record.hpp"
#include "core/repo/metadata.hpp"
#include "core/repo/notes_directory.hpp"
#include "core/repo/stamped_cache.hpp"

namespace tsb {

/// Changes when the backup does: one of its entries, or its metadata.json.
struct BackupStamp {
    FileStatus directory;
    FileStatus metadata_file;
    bool operator==(const BackupStamp&) const = default;
};
using MetadataCache = StampedCache<BackupStamp, Metadata>;

/// A committed backup held open for reading; prune cannot take it away meanwhile (shared flock
/// on its directory).
struct BackupHandle {
    std::string cluster;
    std::string id;
    Fd directory;
    Metadata metadata;
};

/// What start-up recovery found and did, one sentence each, for the log.
using RecoveryReport = std::vector<std::string>;

class Repository {
public:
    /// Makes an empty directory (or creates it, parents must exist) a repository: repo.json with a
    /// new uuid, lock. Error{refused} when the directory holds anything else. Returns the uuid.
    static std::string create(Fs& fs, const std::filesystem::path& path);
    /// Opens an existing one. Error{repository_missing} without repo.json, with a hint about
    /// `tsbackupd init` and mounts; Error{refused} when it is writable by others or owned by
    /// another uid, though root may open anyone's to read it.
    static Repository open(Fs& fs, const std::filesystem::path& path);
    Repository(Repository&&) noexcept = default;

    const std::filesystem::path& path() const { return path_; }
    const std::string& uuid() const { return uuid_; }
    Fs& fs() const { return *fs_; }

    /// Takes the repository for this process's life: no second daemon, no second backup.
    /// Error{repository_locked} naming the holder's pid and host; Error{refused} when it belongs
    /// to another uid, also for root: what we write must stay the owner's. Needed for all that
    /// writes.
    void lock();
    /// Idempotent: empties trash/, records and removes inprogress/, removes the notes of backups
    /// that are gone and files that were never finished. Call after lock(), before any job.
    RecoveryReport recover();

    /// Names of clusters that have a directory. Sorted.
    std::vector<std::string> clusters();
    /// All backups of a cluster with their notes, oldest first; an unknown cluster has none.
    /// metadata.json and notes are read again only when they changed. Thread: any.
    std::vector<BackupEntry> list(const std::string& cluster);
    /// The newest backup of a cluster that is good(); nothing when there is none.
    std::shared_ptr<const Metadata> newest_good(const std::string& cluster);
    /// `id` or "latest". A latest backup that is not good() is not passed over in silence.
    /// Error{not_found}; Error{damaged} when broken, "latest" also when found damaged; Error{busy}
    /// when being removed. Thread: any.
    BackupHandle open_backup(const std::string& cluster, const std::string& id);

    /// What is known of a backup besides what it holds; what cannot be read is told in them and
    /// counts as a pin. Error{not_found}. Thread: any.
    BackupNotes notes(const std::string& cluster, const std::string& id);
    /// Keeps a backup from being removed, in place of an earlier pin. Whatever else the notes say
    /// stays; notes that are damaged are replaced. Here and below: Error{not_found}; when it
    /// throws, the old notes stand, unless the message says "uncertain". Error{usage} when the
    /// reason is longer than largest_pin_reason. Thread: any worker.
    void set_pin(const std::string& cluster, const std::string& id, const Pin& pin);
    /// Takes the pin away, and with it what damaged notes may have said; none is fine. Takes no
    /// space where nothing else is noted. Thread: any worker.
    void clear_pin(const std::string& cluster, const std::string& id);
    /// Replaces what an earlier verification found. In place of damaged notes a pin that says so
    /// is set, since one may be lost. Thread: any worker.
    void record_verification(const std::string& cluster, const std::string& id,
                             const VerificationResult& verification);
    /// The same for a drill.
    void record_drill(const std::string& cluster, const std::string& id, const DrillResult& drill);

    /// True while somebody has the backup open, in any process. Error{not_found}. Thread: any.
    bool in_use(const std::string& cluster, const std::string& id);
    /// Removes a backup, good or not, and its notes; takes no space (I3). Error{not_found};
    /// Error{busy} while in use; Error{refused} while pinned. After any other error it is listed
    /// whole, or it is not listed and recover() finishes. Returns the bytes it had stored, 0 when
    /// broken. Thread: any worker.
    std::uint64_t remove_backup(const std::string& cluster, const std::string& id);

    /// True when the directory still holds its marker with the same uuid: false after an unmount.
    bool still_there();
    /// Error{repository_missing} unless it is; whoever reads or writes backups asks first.
    void require_there();
    std::uint64_t free_bytes();

    /// Appends to the cluster's history (synced), of which about the last 8 MiB are kept. A failure
    /// is logged, not thrown, so that it never takes the place of the job's own error. Thread: any
    /// worker.
    void record(const JobRecord& record);
    /// The cluster's history, oldest first, without lines that a crash left torn. Thread: any.
    std::vector<JobRecord> history(const std::string& cluster);
    /// The last `most` of them, oldest first; no more lines than needed are parsed. Thread: any.
    std::vector<JobRecord> newest_history(const std::string& cluster, std::size_t most);

    /// The document `name` ("schedule") beside the cluster's history, empty when there is none.
    /// What it holds is its user's business. Error{damaged} above largest_state. Thread: any.
    std::string read_state(const std::string& cluster, const std::string& name);
    /// Replaces it: after a crash it is the old one or the new one. The repository must be locked.
    /// Error{internal} above largest_state. Thread: any worker.
    void write_state(const std::string& cluster, const std::string& name, const std::string& text);
    static constexpr std::size_t largest_state = 1 << 20;  // bytes

private:
    friend class BackupDraft;
    Repository(Fs& fs, std::filesystem::path path, Fd root, std::string uuid);
    /// Error{internal} "cannot `action`: repository not locked" unless it is.
    void require_lock(const std::string& action) const;
    Fd open_cluster(const std::string& cluster);
    Fd hold_for_reading(int cluster_directory, const std::string& id);
    Fd open_unused(int cluster_directory, const std::string& id);
    void change_notes(const std::string& verb, const std::string& cluster, const std::string& id,
                      const std::function<void(BackupNotes&)>& change);
    void move_to_trash(int cluster_directory, int trash, const std::string& id);
    void forget_notes(int cluster_directory, const std::string& cluster, const std::string& id);
    void append_history(const JobRecord& record);
    void empty_trash(const std::string& cluster, int cluster_directory, RecoveryReport& report);
    void clear_in_progress(const std::string& cluster, int cluster_directory,
                           RecoveryReport& report);
    void clear_notes(const std::string& cluster, int cluster_directory, RecoveryReport& report);
    void clear_states(int cluster_directory);

    Fs* fs_;
    std::filesystem::path path_;
    Fd root_;
    Fd lock_file_;
    std::string uuid_;
    std::unique_ptr<MetadataCache> metadata_cache_;
    std::unique_ptr<NotesCache> notes_cache_;
    /// One thread at a time changes notes, history or a document, or looks whether a backup is
    /// used.
    std::unique_ptr<std::mutex> change_mutex_;
};

/// A backup in the making: inprogress/<id>/. Committed by one rename, or removed whole.
class BackupDraft {
public:
    /// Makes the directory with an id greater than every id of the cluster, committed or in
    /// progress, even when the clock stepped back. The repository must be locked.
    BackupDraft(Repository& repository, const std::string& cluster, SystemTime now);
    /// Removes what is there, unless committed. Space comes back at once (I2).
    ~BackupDraft();
    BackupDraft(const BackupDraft&) = delete;

    const std::string& id() const { return id_; }
    int directory() const { return directory_.get(); }
    /// Writes metadata.json and RESTORE.txt (whose StoredFile is added to `metadata`), syncs them
    /// and every directory, renames into backups/ without replacing, syncs both parents (I1).
    /// Files given to the draft before must be synced already. When it throws, nothing is listed,
    /// but for a failed sync after the rename: then the message says that the outcome is
    /// uncertain and nothing is removed.
    /// Returns the metadata as stored: with this draft's id and cluster and RESTORE.txt.
    Metadata commit(Metadata metadata);
    /// As the destructor, but reports failure. Idempotent.
    void abort();

private:
    std::string greatest_id();
    void remove_quietly() noexcept;
    Metadata write_description(Metadata metadata);

    Repository& repository_;
    std::string cluster_;
    std::string id_;
    Fd cluster_directory_;
    Fd directory_;
    bool open_ = false;
};

/// RESTORE.txt of a backup: how a person with only tar and PostgreSQL restores it, correctly.
std::string restore_notes(const Metadata& metadata);

}  // namespace tsb

// The repository on disk (design section 5): marker, lock, clusters, backups, trash, start-up
// recovery. Everything beneath it is created 0700/0600 and opened without following links.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/fs.hpp"
#include "core/repo/metadata.hpp"
#include "core/repo/metadata_cache.hpp"

namespace tsb {

/// One directory of backups/: listed whole, or broken with the reason why.
struct BackupEntry {
    std::string cluster;
    std::string id;
    std::shared_ptr<const Metadata> metadata;  // nothing: broken
    std::string problem;                       // empty unless broken
};

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

/// One line of history/jobs.jsonl: how a job ended.
struct JobRecord {
    std::string job_id;
    std::string kind;  // "backup", "verify", "restore"
    std::string cluster;
    std::string outcome;  // "done", "failed", "cancelled", "interrupted"
    std::string backup_id;
    std::string error_code;
    std::string message;
    SystemTime ended_at;
};

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
    /// Idempotent: empties trash/, records and removes inprogress/. Call after lock(), before any
    /// job.
    RecoveryReport recover();

    /// Names of clusters that have a directory. Sorted.
    std::vector<std::string> clusters();
    /// All backups of a cluster, oldest first; an unknown cluster has none. metadata.json is read
    /// again only when it changed. Thread: any.
    std::vector<BackupEntry> list(const std::string& cluster);
    /// The newest backup of a cluster that is not broken; nothing when there is none.
    std::shared_ptr<const Metadata> newest_good(const std::string& cluster);
    /// `id` or "latest". A broken latest backup is not passed over in silence. Error{not_found};
    /// Error{damaged} when broken; Error{busy} when being removed.
    BackupHandle open_backup(const std::string& cluster, const std::string& id);
    /// True when the directory still holds its marker with the same uuid: false after an unmount.
    bool still_there();
    /// Error{repository_missing} unless it is; whoever reads or writes backups asks first.
    void require_there();
    std::uint64_t free_bytes();
    /// Appends to the cluster's history (synced). A failure is logged, not thrown, so that it
    /// never takes the place of the job's own error.
    void record(const JobRecord& record);
    /// The cluster's history, oldest first, without lines that a crash left torn.
    std::vector<JobRecord> history(const std::string& cluster);

private:
    friend class BackupDraft;
    Repository(Fs& fs, std::filesystem::path path, Fd root, std::string uuid);
    Fd open_cluster(const std::string& cluster);
    void append_history(const JobRecord& record);
    void empty_trash(const std::string& cluster, int cluster_directory, RecoveryReport& report);
    void clear_in_progress(const std::string& cluster, int cluster_directory,
                           RecoveryReport& report);

    Fs* fs_;
    std::filesystem::path path_;
    Fd root_;
    Fd lock_file_;
    std::string uuid_;
    std::shared_ptr<MetadataCache> cache_;
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

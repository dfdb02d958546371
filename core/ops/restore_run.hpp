// The state of one restore and its steps; restore_backup (restore.cpp) gives their order.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/ops/plain_tree.hpp"
#include "core/ops/restore.hpp"
#include "core/ops/restore_preflight.hpp"
#include "core/ops/restore_target.hpp"
#include "core/ops/restore_visitor.hpp"
#include "core/ops/stored_backup.hpp"
#include "core/pg/wal_check.hpp"

namespace tsb {

/// Thread: worker (blocks), one at a time. When a step throws, the targets are emptied by the
/// destructor.
class RestoreRun {
public:
    RestoreRun(StoredBackup& backup, const RestoreOptions& options, JobContext& job);
    ~RestoreRun();
    RestoreRun(const RestoreRun&) = delete;

    /// Decides everything that can be decided without writing: places, version, space, owner.
    void preflight(const std::filesystem::path& repository);
    /// Refuses a backup, before the target is touched, of which something is missing, or whose
    /// manifest or other small files are damaged. What holds data is proven while it is extracted:
    /// it is read once, and nothing can be started before all of it is proven (I4).
    void check_backup();
    /// Creates or takes over the data directory and the tablespaces' directories.
    void claim_targets();
    void extract();
    /// tablespace_map, links, recovery settings, recovery.signal.
    void write_settings();
    /// Syncs what is left and puts pg_control in place, last (I4).
    void make_startable();
    RestoreReport report() const;

private:
    std::vector<std::string> problems_of_files();
    ExtractOptions extract_options(const std::string& manifest_prefix);
    void extract_proven();
    void extract_archives();
    void extract_archive(const std::string& archive, int root, const std::string& path_prefix,
                         const std::string& manifest_prefix);
    void extract_tree();
    void prove(const std::string& path, std::uint64_t size, const std::vector<std::byte>& digest);
    void prove_held_files();
    DigestKind digest_kind_of(const std::string& path) const;
    const std::vector<std::byte>* held(const std::string& path) const;

    StoredBackup& backup_;
    const RestoreOptions& options_;
    JobContext& job_;
    std::optional<FileOwner> owner_;
    std::vector<TablespacePlan> tablespaces_;
    std::vector<std::string> notes_;
    Manifest manifest_;
    TreeListing tree_;  // format plain
    WalCheck wal_check_;
    std::unique_ptr<RestoreTarget> target_;
    std::map<std::uint32_t, std::unique_ptr<RestoreTarget>> tablespace_targets_;
    std::map<std::string, std::vector<std::byte>> held_;

    std::mutex mutex_;
    std::unique_ptr<ManifestProof> proof_;  // guarded by mutex_ while extractors run
};

}  // namespace tsb

// Where a test of an operation stands: a repository in a directory of its own on a file system
// that can fail, and the operations run to their end.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "core/ops/backup.hpp"
#include "core/ops/restore.hpp"
#include "core/ops/verify.hpp"
#include "tests/support/command.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/ops/synthetic_server.hpp"

namespace tsb::test {

/// How a backup, a verify or a restore ended; `failure` keeps what was thrown.
struct Outcome {
    std::exception_ptr failure;
    Metadata metadata;      // of a backup
    VerifyReport verified;  // of a verify
    RestoreReport restored;

    bool ok() const { return failure == nullptr; }
    /// Of an Error; nothing on success and for what is no Error.
    std::optional<ErrorCode> code() const;
    std::string message() const;
};

class Ground {
public:
    /// With an empty repository.
    Ground();

    FaultFs fs;
    std::filesystem::path path() const { return directory_.path(); }
    std::filesystem::path repository_path() const { return path() / "repository"; }
    std::filesystem::path target() const { return path() / "restored"; }
    std::filesystem::path backup_path(const std::string& id) const;

    /// Opened and locked.
    Repository open_repository();
    RestoreOptions restore_options() const;
    /// Names in inprogress/ of the cluster.
    std::vector<std::string> in_progress() const;

private:
    TempDir directory_;
};

/// Cluster "main", format tar, gzip:1, two workers.
BackupOptions backup_options();
/// Runs the loop until nothing is left to do on it.
Outcome back_up(Repository& repository, SyntheticServer& server, const BackupOptions& options,
                const std::stop_token& stop = {});
Outcome verify(Repository& repository, const std::string& backup, const std::stop_token& stop = {});
Outcome restore(Repository& repository, const RestoreOptions& options,
                const std::stop_token& stop = {});
/// Verifies and finds nothing wrong.
void check_verifies(Repository& repository, const std::string& backup);

/// path -> content; directories with a slash at the end. Links of pg_tblspc are followed.
std::map<std::string, std::string> tree_of(const std::filesystem::path& root);
/// Checks that `target` holds exactly what a restore of `cluster` must leave there.
void check_restored(const std::filesystem::path& target, const SyntheticCluster& cluster);
/// The same with source_tree(cluster) at hand.
void check_restored(const std::filesystem::path& target, const SyntheticCluster& cluster,
                    const std::map<std::string, std::string>& source);
std::string content_of(const std::filesystem::path& file);
/// The first line that holds `part`; empty when none does.
std::string line_with(const std::vector<std::string>& lines, const std::string& part);

}  // namespace tsb::test

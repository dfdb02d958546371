// What the tests of the repository are made with.
#pragma once

#include <string>

#include "core/repo/repository.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/temp_dir.hpp"

namespace tsb::test {

/// The moment at which tests note something.
inline const SystemTime noon = from_iso8601("2026-11-23T12:00:00Z");

/// A drill at noon.
DrillResult drilled(const std::string& problems = "");

/// Metadata with a value of its own in every field and nothing stored yet.
Metadata sample_metadata(BackupFormat format = BackupFormat::tar);

/// Begins a draft, writes files and directories into it as a backup of format plain would, and
/// commits it. Returns what commit() returned.
Metadata make_backup(Repository& repository, const std::string& cluster, const std::string& when);

/// Everything that listing promises: metadata, each file with its size and digest, directories.
/// Returns the problem, empty when there is none.
std::string problem_of(Repository& repository, const std::string& cluster, const std::string& id);

/// A repository in a directory of its own, locked, on a file system that can fail.
struct Scene {
    Scene();
    /// As a new process would: the old one's descriptors are closed, its locks gone.
    void reopen();
    std::vector<std::string> ids(const std::string& cluster);
    /// Names in <repository>/`path`, sorted; not through the failing file system.
    std::vector<std::string> names_in(const std::string& path) const;

    TempDir temp;
    std::filesystem::path path;
    FaultFs fs;
    std::optional<Repository> repository;
};

}  // namespace tsb::test

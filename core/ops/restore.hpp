// Restores a backup into an empty or new directory (design section 6), keeping I4, I5 and I7.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/job_context.hpp"
#include "core/io/extractor.hpp"
#include "core/repo/repository.hpp"

namespace tsb {

struct RestoreOptions {
    RestoreOptions() = default;
    std::string cluster;
    std::string backup = "latest";
    std::filesystem::path target;                       // absolute; missing or empty
    std::map<std::string, std::string> tablespace_map;  // old location -> new, absolute
    bool only_mapped_tablespaces = false;  // never write to a location that the backup names
    std::optional<FileOwner> owner;        // nothing: the owner of the target's parent when root
    /// Directories to look for PostgreSQL binaries in ("/usr/lib/postgresql/17/bin"); empty: the
    /// usual places. When some major is found there but not the backup's, the restore is refused.
    std::vector<std::filesystem::path> server_binaries;
    bool any_version = false;  // restore although that major is not installed here

    /// Set by a restore in place, which exchanges what is restored with what is there.
    struct Staging {
        Staging() = default;
        std::filesystem::path data_directory;  // where the target goes in the end
        /// Location of a tablespace -> where its files are written; there may be something already.
        std::map<std::string, std::filesystem::path> tablespaces;
    };
    std::optional<Staging> staging;  // pg_control is written under the name in_place_exchange holds
};

struct RestoreReport {
    std::string backup_id;
    std::filesystem::path target;
    std::uint64_t restored_bytes = 0;
    std::uint64_t restored_files = 0;
    std::vector<std::string> notes;  // what the operator should know or do next, one line each
};

/// Throws Error with the cause; the target then cannot be started: global/pg_control is missing.
/// Thread: worker (blocks).
RestoreReport restore_backup(Repository& repository, const RestoreOptions& options,
                             JobContext& job);

}  // namespace tsb

// What is decided before a restore touches anything.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/ops/restore.hpp"

namespace tsb {

/// Where one tablespace goes.
struct TablespacePlan {
    std::uint32_t oid = 0;
    std::filesystem::path location;  // absolute; empty: in place, beneath pg_tblspc of the target
    std::uint64_t bytes = 0;
    std::filesystem::path files = location;  // where they are written for now
};

/// Every tablespace of the backup with its place: mapped ones where the map says, others at their
/// old location, but only when nothing exists there (Error{tablespace_unmapped}: it may be the
/// live tablespace). A map entry that names no tablespace is Error{usage}, with a hint that lists
/// those there are.
std::vector<TablespacePlan> plan_tablespaces(const Metadata& metadata,
                                             const RestoreOptions& options);

/// Error{version_mismatch} when PostgreSQL is installed here but not in the backup's major
/// version, unless options.any_version. Returns what the operator should know; may be empty.
std::string check_installed_major(const Metadata& metadata, const RestoreOptions& options);

/// What a restore needs of one file system.
struct SpaceNeed {
    std::filesystem::path directory;  // one that exists there
    std::uint64_t needed_bytes = 0;
    std::uint64_t free_bytes = 0;
};
/// One for each file system on which something is restored. Error{io}.
std::vector<SpaceNeed> restore_space(Fs& fs, const Metadata& metadata,
                                     const std::filesystem::path& target,
                                     const std::vector<TablespacePlan>& tablespaces);
/// Error{disk_full} naming the file system when they do not fit. Pure.
void require_fits(const SpaceNeed& need, const std::string& backup_id);
/// Both of these.
void require_restore_space(Fs& fs, const Metadata& metadata, const std::filesystem::path& target,
                           const std::vector<TablespacePlan>& tablespaces);

/// As whom a process works.
struct Identity {
    uid_t uid = 0;
    std::vector<gid_t> groups;  // primary and supplementary
};
/// That of this process.
Identity own_identity();

/// Owner for everything restored: when root, the one given, else that of the target or of its
/// parent; otherwise the one given, or nothing when none is. Error{refused} when that would be
/// root, whom PostgreSQL refuses, or when `self` may not give files to the one given.
std::optional<FileOwner> restore_owner(Fs& fs, const RestoreOptions& options,
                                       const Identity& self = own_identity());

}  // namespace tsb

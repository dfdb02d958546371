// Where PostgreSQL's programs and libraries are on this machine.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/command.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

/// The major version named in a binary directory's path ("/usr/lib/postgresql/17/bin"). Pure.
std::optional<int> major_of_binary_path(const std::filesystem::path& directory);

/// By major version, the first of the directories `configured` (none: of the usual places) whose
/// path names that version and that holds `postgres`. Thread: any (reads the disk).
std::map<int, std::filesystem::path> installed_servers(
    const std::vector<std::filesystem::path>& configured);

/// "15, 17". Pure.
std::string majors_of(const std::map<int, std::filesystem::path>& servers);

/// That of version `major`. Error{version_mismatch} when there is none, with a hint that names
/// restore.server_binaries. Thread: any (reads the disk).
std::filesystem::path server_binaries_of(int major,
                                         const std::vector<std::filesystem::path>& configured);

/// Where the server in `binaries` looks for its libraries: as its pg_config tells (run as
/// `account`), and the usual places beside it. Thread: worker (blocks).
std::vector<std::filesystem::path> library_directories(const std::filesystem::path& binaries,
                                                       const std::optional<Account>& account);

/// Error{version_mismatch} when a database of the backup needs a version of TimescaleDB whose
/// library is in none of `directories`. Thread: any (reads the disk).
void require_timescaledb_libraries(const Metadata& metadata,
                                   const std::vector<std::filesystem::path>& directories);

/// True when a database of the backup has TimescaleDB. Pure.
bool has_timescaledb(const Metadata& metadata);

}  // namespace tsb

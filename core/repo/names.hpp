// Names on disk: the only place that makes or parses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/io/compression.hpp"

namespace tsb::names {

inline constexpr const char* metadata_file = "metadata.json";
inline constexpr const char* manifest_file = "backup_manifest";
inline constexpr const char* restore_notes_file = "RESTORE.txt";
inline constexpr const char* sha256_sums_file = "SHA256SUMS";  // format plain
inline constexpr const char* plain_data_directory =
    "data";  // format plain: the tree, manifest in it

// Of the repository, and of each cluster in it.
inline constexpr const char* marker_file = "repo.json";
inline constexpr const char* new_marker_file = "repo.json.new";  // before it is complete
inline constexpr const char* lock_file = "lock";
inline constexpr const char* backups_directory = "backups";
inline constexpr const char* in_progress_directory = "inprogress";
inline constexpr const char* trash_directory = "trash";
inline constexpr const char* history_directory = "history";
inline constexpr const char* notes_directory = "notes";
inline constexpr const char* history_file = "jobs.jsonl";
inline constexpr const char* older_history_file = "jobs.1.jsonl";

/// "cluster_backup_20261123_014224" for a UTC second; and back.
std::string backup_id(SystemTime time);
std::optional<SystemTime> parse_backup_id(std::string_view id);
/// The id for a backup begun at `now`: the least that is greater than `greatest` (empty: none).
std::string next_backup_id(SystemTime now, std::string_view greatest);
/// "<id>.json" in notes/; and back: nothing when that is not the name of such a file.
std::string notes_file(std::string_view id);
std::optional<std::string> parse_notes_file(std::string_view name);
/// "<state>.json" in history/, Error{internal} unless `state` is a word of a-z and '_'; and back.
std::string state_file(std::string_view state);
std::optional<std::string> parse_state_file(std::string_view name);
/// The name under which a file is written before it takes its own; and back.
std::string unfinished_file(std::string_view name);
std::optional<std::string> parse_unfinished_file(std::string_view name);
/// True for names a cluster may have: [A-Za-z0-9][A-Za-z0-9_.-]{0,62}, but for the names of the
/// repository's own files.
bool valid_cluster_name(std::string_view name);
/// "base.tar.gz", "16385.tar.zst", "pg_wal.tar": archive is "base", an oid in decimal, or "pg_wal".
std::string archive_file(std::string_view archive, CompressionMethod method);
/// True for one name that stored metadata may make us open: no slash, no zero byte, no dot first.
bool safe_file_name(std::string_view name);
/// True for relative paths whose parts are all names: none empty, "." or "..".
bool safe_relative_path(std::string_view path);
/// `first`/`second`
std::string join(std::string_view first, std::string_view second);

}  // namespace tsb::names

// What a restore in place decides before anything is touched.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/ops/restore_in_place.hpp"

namespace tsb {

/// `path` without links and without a slash at its end. Error{usage} when it is not absolute.
std::filesystem::path real_data_directory(const std::filesystem::path& path);

/// "20261123_203000": UTC. Pure.
std::string stamp_of(SystemTime time);

/// That of `time`, or of the first second after it for which nothing is kept yet at the places.
std::string free_stamp(Fs& fs, const std::vector<ExchangedPlace>& places, SystemTime time);

/// Excludes other restores in place of the directory, until the descriptor is closed. Error{busy}.
Fd lock_data_directory(Fs& fs, const std::filesystem::path& data_directory);

/// Error{refused} when a server runs that cannot be stopped from here.
void require_stoppable(const PostmasterSight& postmaster, const ServerControl& server);

/// How the directory `path` will be exchanged, and whether there is anything to keep. Thread:
/// worker (reads the disk).
ExchangedPlace place_at(Fs& fs, const std::filesystem::path& path);

/// Error{wrong_cluster} when the data directory holds another cluster than `metadata`'s, unless
/// that is forced; Error{target_not_empty} when it holds something that is no data directory. One
/// whose pg_control is missing or damaged passes: that is what restores are for.
void require_replaceable(Fs& fs, const InPlaceOptions& options, const Metadata& metadata);

/// Where the links of the data directory's pg_tblspc point. Thread: worker (reads the disk).
std::vector<std::string> own_tablespaces(const std::filesystem::path& data_directory);

/// The restore that fills what is staged. Tablespaces of the data directory may be replaced, others
/// are refused as by any restore.
RestoreOptions staging_options(const InPlaceOptions& options, const std::string& backup_id,
                               const std::vector<ExchangedPlace>& places);

}  // namespace tsb

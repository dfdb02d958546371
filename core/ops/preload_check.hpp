// Whether the server that a restore in place will start loads TimescaleDB beforehand, as far as its
// configuration outside the data directory tells (Debian keeps it in /etc/postgresql): what is
// inside comes with the backup. postmaster.opts, which the last start left in the old data, says
// where it is.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "core/base/fs.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

/// The file of `-c config_file=PATH` on the command line in `postmaster_opts`: the program, then
/// each argument between quotes, as PostgreSQL's CreateOptsFile writes it. None when there is none
/// or its path is not absolute. Pure.
std::optional<std::filesystem::path> config_file_in(std::string_view postmaster_opts);

/// Error{version_mismatch} when a database of the backup has TimescaleDB, the configuration of the
/// cluster whose old data is in `data_directory` is outside of it, and neither that file, nor one
/// it includes, nor the old postgresql.auto.conf names timescaledb in shared_preload_libraries.
/// What cannot be read refuses nothing: the checks after the start tell. Thread: any (reads the
/// disk).
void require_timescaledb_preloaded(Fs& fs, const Metadata& metadata,
                                   const std::filesystem::path& data_directory);

}  // namespace tsb

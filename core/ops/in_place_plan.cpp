#include "core/ops/in_place_plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/libc_family.hpp"
#include "core/ops/preload_check.hpp"
#include "core/ops/server_binaries.hpp"
#include "core/pg/pg_control.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

constexpr std::uint64_t control_limit = 64 << 10;

bool is_mount_point(const fsys::path& path) {
    struct statx found {};
    const bool known = ::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &found) == 0 &&
                       (found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
    return known && (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool is_there(const fsys::path& path) {
    std::error_code ignored;
    return fsys::is_directory(path, ignored);
}

bool may_rename_in(const fsys::path& directory) {
    return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

std::string shown(const fsys::path& path) {
    return "'" + printable(path.string()) + "'";
}

/// The places of a restore; a tablespace that has none yet gets one as well.
std::vector<ExchangedPlace> places_of(Fs& fs, const fsys::path& data, const Metadata& metadata,
                                      const InPlaceOptions& options) {
    std::vector<ExchangedPlace> places;
    for (const TablespaceInfo& tablespace : metadata.tablespaces) {
        if (!tablespace.location.starts_with('/')) continue;
        const auto mapped = options.tablespace_map.find(tablespace.location);
        const bool is_mapped = mapped != options.tablespace_map.end();
        places.push_back(place_at(fs, is_mapped ? mapped->second : tablespace.location));
    }
    places.push_back(place_at(fs, data));
    return places;
}

/// The caller said of this tablespace that it stays where it is: it is theirs to replace.
bool is_named(const InPlaceOptions& options, const fsys::path& location) {
    const auto mapped = options.tablespace_map.find(location.string());
    return mapped != options.tablespace_map.end() && mapped->second == location.string();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + printable(word);
    return text;
}

/// Empty when nothing is stopped. `left_file`: a server's postmaster.pid is there, seen or not.
std::string how_it_stops(const PostmasterSight& postmaster, bool left_file,
                         const ServerControl& server) {
    if (!postmaster.seen() && !left_file) return {};
    if (!server.stop_command.empty()) return joined(server.stop_command);
    return postmaster.seen() ? "fast shutdown of process " + std::to_string(postmaster.pid)
                             : std::string();
}

std::string how_it_starts(const InPlaceOptions& options) {
    if (options.start == StartAfter::no) return "nothing (--no-start)";
    if (!options.server.start_command.empty()) return joined(options.server.start_command);
    return "whatever supervises the server; no start_command is configured";
}

/// Where a server of that version is installed here, it must have what the backup needs.
void require_libraries(const InPlaceOptions& options, const Metadata& metadata) {
    const auto servers = installed_servers(options.server_binaries);
    const auto server = servers.find(metadata.server_major());
    if (server == servers.end()) return;
    require_same_libc(metadata, server->second);
    if (!has_timescaledb(metadata)) return;
    require_timescaledb_libraries(metadata, library_directories(server->second, std::nullopt));
}

}  // namespace

fsys::path real_data_directory(const fsys::path& path) {
    if (!path.is_absolute()) {
        throw Error(ErrorCode::usage,
                    "cannot restore to " + shown(path) + ": not an absolute path of a directory");
    }
    std::error_code failed;
    fsys::path real = fsys::weakly_canonical(path, failed);
    if (failed) throw errno_error(failed.value(), "restore to", path.string());
    if (!real.has_filename()) real = real.parent_path();
    if (!real.has_filename()) {
        throw Error(ErrorCode::usage,
                    "cannot restore to " + shown(path) + ": not a data directory");
    }
    return real;
}

std::string stamp_of(SystemTime time) {
    std::string stamp = to_iso8601(time).substr(0, sizeof("2026-11-23T20:30:00") - 1);
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    std::replace(stamp.begin(), stamp.end(), 'T', '_');
    return stamp;
}

std::string free_stamp(Fs& fs, const std::vector<ExchangedPlace>& places, SystemTime time) {
    for (;; time += std::chrono::seconds(1)) {
        std::string stamp = stamp_of(time);
        const bool taken = std::any_of(places.begin(), places.end(), [&](const auto& place) {
            const PlaceNames names = names_of(place, stamp);
            if (!is_there(names.directory)) return false;
            const Fd directory = fs.open_root(names.directory);
            return fs.status(directory.get(), names.aside).has_value() ||
                   fs.status(directory.get(), names.undone).has_value();
        });
        if (!taken) return stamp;
    }
}

Fd lock_data_directory(Fs& fs, const fsys::path& data_directory) {
    const bool entries = place_at(fs, data_directory).way == ExchangeWay::entries;
    Fd home = fs.open_root(entries ? data_directory : data_directory.parent_path());
    if (fs.try_lock(home.get(), LockKind::exclusive)) return home;
    throw Error(ErrorCode::busy, "cannot restore to " + shown(data_directory) +
                                     ": another restore in place is at work there");
}

void require_stoppable(const PostmasterSight& postmaster, const ServerControl& server) {
    if (!postmaster.seen() || postmaster.may_signal || !server.stop_command.empty()) return;
    throw Error(ErrorCode::refused,
                "cannot restore to " + shown(server.data_directory) +
                    ": a server runs there (pid " + std::to_string(postmaster.pid) +
                    ") that may not be stopped from here",
                "set restore.stop_command of the cluster, or stop the server");
}

ExchangedPlace place_at(Fs& fs, const fsys::path& path) {
    ExchangedPlace place;
    place.path = real_data_directory(path);
    if (!is_there(place.path)) return place;
    const Fd directory = fs.open_root(place.path);
    const std::vector<std::string> entries = fs.entries(directory.get());
    if (is_mount_point(place.path) || !may_rename_in(place.path.parent_path())) {
        place.way = ExchangeWay::entries;
        place.had_old = !std::all_of(entries.begin(), entries.end(), stays_in_place);
    } else {
        place.had_old = !entries.empty();
    }
    return place;
}

void require_replaceable(Fs& fs, const InPlaceOptions& options, const Metadata& metadata) {
    const fsys::path path = real_data_directory(options.server.data_directory);
    if (!is_there(path)) return;
    const Fd data = fs.open_root(path);
    const std::vector<std::string> entries = fs.entries(data.get());
    if (std::all_of(entries.begin(), entries.end(), stays_in_place)) return;
    const auto has = [&](const char* name) { return fs.status(data.get(), name).has_value(); };
    if (!has("PG_VERSION") && !has("base") && !has("global") && !has("pg_wal")) {
        throw Error(ErrorCode::target_not_empty,
                    "cannot restore to " + shown(path) +
                        ": what it holds is no data directory of PostgreSQL",
                    "look at restore.data_directory of the cluster, or empty the directory");
    }
    if (options.force_foreign || !has("global") || !has(pg_control_path)) return;
    std::uint64_t found = 0;
    try {
        const std::string control = read_whole_file(fs, data.get(), pg_control_path, control_limit);
        found = parse_pg_control(as_bytes(control)).system_identifier;
    } catch (const Error&) {
        return;  // damaged: it tells nothing, and a restore is what it needs
    }
    if (found == metadata.system_identifier) return;
    throw Error(ErrorCode::wrong_cluster,
                "cannot restore to " + shown(path) +
                    ": it holds another cluster, with system "
                    "identifier " +
                    std::to_string(found) + " instead of " +
                    std::to_string(metadata.system_identifier),
                "if its data may be replaced by this backup all the same: --force-foreign");
}

std::vector<std::string> own_tablespaces(const fsys::path& data_directory) {
    std::vector<std::string> found;
    std::error_code failed;
    fsys::directory_iterator each(data_directory / "pg_tblspc", failed);
    while (!failed && each != fsys::directory_iterator()) {
        std::error_code ignored;
        const fsys::path location = fsys::read_symlink(each->path(), ignored);
        if (!ignored) found.push_back(location.string());
        each.increment(failed);
    }
    return found;
}

RestoreOptions staging_options(const InPlaceOptions& options, const std::string& backup_id,
                               const std::vector<ExchangedPlace>& places) {
    const std::string stamp;  // in no name of what is staged
    RestoreOptions restore;
    restore.cluster = options.cluster;
    restore.backup = backup_id;
    restore.tablespace_map = options.tablespace_map;
    restore.owner = options.owner;
    restore.server_binaries = options.server_binaries;
    restore.any_version = options.any_version;
    const ExchangedPlace& data = places.back();
    restore.target = names_of(data, stamp).staging_path();
    RestoreOptions::Staging staging;
    staging.data_directory = data.path;
    const std::vector<std::string> own = own_tablespaces(data.path);
    for (const ExchangedPlace& place : places) {
        if (&place == &data) continue;
        const bool is_own = std::find(own.begin(), own.end(), place.path.string()) != own.end();
        if (place.had_old && !is_own && !is_named(options, place.path)) continue;
        staging.tablespaces[place.path.string()] = names_of(place, stamp).staging_path();
    }
    restore.staging = std::move(staging);
    return restore;
}

InPlacePlan plan_restore_in_place(Repository& repository, const InPlaceOptions& options,
                                  const Clock& clock) {
    Fs& fs = repository.fs();
    InPlaceOptions known = options;
    known.server.data_directory = real_data_directory(options.server.data_directory);
    const fsys::path& data = known.server.data_directory;
    const BackupHandle handle = repository.open_backup(options.cluster, options.backup);
    InPlacePlan plan;
    plan.places = places_of(fs, data, handle.metadata, known);
    if (!known.owner) {
        RestoreOptions as_there;
        as_there.target = data;
        try {
            known.owner = restore_owner(fs, as_there);
        } catch (const Error&) {
            known.owner.reset();  // plan_restore() refuses it
        }
    }
    // Whose data it is comes first: much else follows from it.
    std::optional<Error> identity;
    try {
        require_replaceable(fs, known, handle.metadata);
    } catch (const Error& error) {
        identity = error;
    }
    plan.restore = plan_restore(repository, staging_options(known, handle.id, plan.places));
    plan.restore.target = data;
    if (identity) plan.restore.refusals.insert(plan.restore.refusals.begin(), *identity);
    const std::string stamp = stamp_of(clock.now());
    if (plan.places.back().had_old) {
        plan.kept_at = names_of(plan.places.back(), stamp).aside_path();
    }
    const auto decide = [&plan](const std::function<void()>& step) {
        try {
            step();
        } catch (const Error& error) {
            plan.restore.refusals.push_back(error);
        }
    };
    plan.postmaster = look_for_postmaster(data);
    decide([&] { require_stoppable(plan.postmaster, known.server); });
    decide([&] { require_libraries(known, handle.metadata); });
    decide([&] { require_timescaledb_preloaded(fs, handle.metadata, data); });
    const bool left_file = has_postmaster_file(data);
    plan.stopped_by = how_it_stops(plan.postmaster, left_file, known.server);
    if (left_file && !plan.postmaster.seen() && plan.stopped_by.empty()) {
        plan.restore.notes.emplace_back(
            "postmaster.pid is there, but its process is not seen from here: if that server still "
            "answers, the restore refuses");
    }
    plan.started_by = how_it_starts(known);
    for (const InPlaceJournal& journal : find_journals(fs, data)) {
        if (is_settled(journal.state)) continue;
        plan.restore.notes.push_back("a restore in place of " + journal.backup_id +
                                     " was interrupted: it is settled first");
    }
    return plan;
}

}  // namespace tsb

#include "core/ops/restore_preflight.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/libc_family.hpp"
#include "core/ops/server_binaries.hpp"

namespace tsb {

namespace fsys = std::filesystem;

namespace {

std::string known_locations(const Metadata& metadata) {
    std::string known;
    for (const TablespaceInfo& tablespace : metadata.tablespaces) {
        known += (known.empty() ? "" : ", ") + ("'" + printable(tablespace.location) + "'");
    }
    return known.empty() ? "it has no tablespaces" : "its tablespaces are at: " + known;
}

void require_known_locations(const Metadata& metadata,
                             const std::map<std::string, std::string>& tablespace_map) {
    for (const auto& [old_location, new_location] : tablespace_map) {
        const auto is_it = [&old = old_location](const TablespaceInfo& tablespace) {
            return tablespace.location == old;
        };
        if (std::none_of(metadata.tablespaces.begin(), metadata.tablespaces.end(), is_it)) {
            throw Error(ErrorCode::usage,
                        "cannot restore '" + metadata.id + "': it has no tablespace at '" +
                            printable(old_location) + "'",
                        known_locations(metadata));
        }
        if (!fsys::path(new_location).is_absolute()) {
            throw Error(ErrorCode::usage, "cannot restore a tablespace to '" +
                                              printable(new_location) + "': not an absolute path");
        }
    }
}

Error unmapped(const TablespaceInfo& tablespace, const std::string& why) {
    const std::string location = printable(tablespace.location);
    return {ErrorCode::tablespace_unmapped,
            "cannot restore tablespace " + std::to_string(tablespace.oid) + ": its location '" +
                location + "' " + why,
            "give it a new place: --tablespace-map '" + location + "=/new/directory'"};
}

// Of a restore in place, whose data directory has no link to it: it is empty, or another cluster's.
Error not_linked(const TablespaceInfo& tablespace) {
    const std::string location = printable(tablespace.location);
    const Error error = unmapped(tablespace, "exists, and the data directory has no link to it");
    return {error.code(), error.what(),
            "when it is this cluster's own, have it replaced and kept aside: --tablespace-map '" +
                location + "=" + location + "'; else name a new place behind the '='"};
}

// Where a tablespace goes that the map does not name.
fsys::path old_place(const TablespaceInfo& tablespace, const RestoreOptions& options) {
    if (!tablespace.location.starts_with('/')) {
        return {};
    }
    if (options.staging && options.staging->tablespaces.contains(tablespace.location)) {
        return tablespace.location;
    }
    if (options.only_mapped_tablespaces) {
        throw unmapped(tablespace, "is not for this client to write to");
    }
    std::error_code failed;
    const fsys::file_status status = fsys::symlink_status(tablespace.location, failed);
    if (!fsys::status_known(status)) {
        throw unmapped(tablespace, "cannot be looked at: " + failed.message());
    }
    if (fsys::exists(status) && options.staging) throw not_linked(tablespace);
    if (fsys::exists(status)) {
        throw unmapped(tablespace, "exists and may be in use");
    }
    return tablespace.location;
}

fsys::path files_of(const fsys::path& place, const RestoreOptions& options) {
    if (!options.staging) return place;
    const auto staged = options.staging->tablespaces.find(place.string());
    return staged == options.staging->tablespaces.end() ? place : staged->second;
}

}  // namespace

std::vector<TablespacePlan> plan_tablespaces(const Metadata& metadata,
                                             const RestoreOptions& options) {
    require_known_locations(metadata, options.tablespace_map);
    std::vector<TablespacePlan> plans;
    for (const TablespaceInfo& tablespace : metadata.tablespaces) {
        const auto mapped = options.tablespace_map.find(tablespace.location);
        const bool is_mapped = mapped != options.tablespace_map.end();
        const fsys::path place =
            is_mapped ? fsys::path(mapped->second) : old_place(tablespace, options);
        plans.push_back({tablespace.oid, place, tablespace.size_bytes, files_of(place, options)});
    }
    return plans;
}

std::string check_installed_major(const Metadata& metadata, const RestoreOptions& options) {
    const std::map<int, fsys::path> servers = installed_servers(options.server_binaries);
    const std::string wanted = std::to_string(metadata.server_major());
    if (servers.empty()) {
        return "no PostgreSQL found on this machine; start the restored directory with "
               "PostgreSQL " +
               wanted;
    }
    if (const auto server = servers.find(metadata.server_major()); server != servers.end()) {
        return options.staging ? std::string() : libc_note(metadata, server->second);
    }
    const std::string installed = majors_of(servers);
    if (options.any_version) {
        return "PostgreSQL " + wanted + " is needed to start it; installed here: " + installed;
    }
    throw Error(ErrorCode::version_mismatch,
                "cannot restore '" + metadata.id + "': it is of PostgreSQL " + wanted +
                    ", installed here: " + installed,
                "install PostgreSQL " + wanted +
                    ", or restore with --any-version to start it "
                    "elsewhere");
}

namespace {

// The nearest directory that exists, to ask for its file system.
fsys::path existing_ancestor(const fsys::path& place) {
    for (fsys::path path = place;; path = path.parent_path()) {
        std::error_code failed;
        const fsys::file_status status = fsys::status(path, failed);
        if (!fsys::status_known(status)) {
            throw errno_error(failed.value(), "restore to", place.string());
        }
        if (fsys::is_directory(status) || !path.has_relative_path()) {
            return path;
        }
    }
}

void require_own(const FileOwner& owner, const RestoreOptions& options, const Identity& self) {
    const bool in_group =
        std::find(self.groups.begin(), self.groups.end(), owner.gid) != self.groups.end();
    if (owner.uid == self.uid && in_group) {
        return;
    }
    throw Error(ErrorCode::refused,
                "cannot restore to '" + printable(options.target.string()) + "': uid " +
                    std::to_string(self.uid) + " may not give files to " +
                    std::to_string(owner.uid) + ":" + std::to_string(owner.gid),
                "only root may give files away: leave --owner out, or run tsbackupd as root");
}

}  // namespace

std::vector<SpaceNeed> restore_space(Fs& fs, const Metadata& metadata, const fsys::path& target,
                                     const std::vector<TablespacePlan>& tablespaces) {
    std::map<dev_t, SpaceNeed> needs;
    const auto add = [&](const fsys::path& path, std::uint64_t bytes) {
        const fsys::path directory = existing_ancestor(path);
        const Fd fd = fs.open_root(directory);
        SpaceNeed& need = needs[fs.status(fd.get()).device];
        need = {directory, need.needed_bytes + bytes, fs.free_bytes(fd.get())};
    };
    std::uint64_t elsewhere = 0;
    for (const TablespacePlan& plan : tablespaces) {
        if (!plan.location.empty()) {
            add(plan.location, plan.bytes);
            elsewhere += plan.bytes;
        }
    }
    add(target, metadata.cluster_bytes - std::min(metadata.cluster_bytes, elsewhere));
    std::vector<SpaceNeed> found;
    for (const auto& [device, need] : needs) found.push_back(need);
    return found;
}

void require_fits(const SpaceNeed& need, const std::string& backup_id) {
    if (need.needed_bytes <= need.free_bytes) {
        return;
    }
    throw Error(ErrorCode::disk_full, "cannot restore '" + backup_id +
                                          "': " + human_size(need.needed_bytes) + " needed, " +
                                          human_size(need.free_bytes) + " free at '" +
                                          need.directory.string() + "'");
}

void require_restore_space(Fs& fs, const Metadata& metadata, const fsys::path& target,
                           const std::vector<TablespacePlan>& tablespaces) {
    for (const SpaceNeed& need : restore_space(fs, metadata, target, tablespaces)) {
        require_fits(need, metadata.id);
    }
}

Identity own_identity() {
    Identity self;
    self.uid = geteuid();
    self.groups.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    const int count = getgroups(static_cast<int>(self.groups.size()), self.groups.data());
    self.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    self.groups.push_back(getegid());
    return self;
}

std::optional<FileOwner> restore_owner(Fs& fs, const RestoreOptions& options,
                                       const Identity& self) {
    if (self.uid != 0) {
        if (options.owner) {
            require_own(*options.owner, options, self);
        }
        return options.owner;
    }
    FileOwner owner;
    if (options.owner) {
        owner = *options.owner;
    } else {
        const Fd fd = fs.open_root(existing_ancestor(options.target));
        const FileStatus status = fs.status(fd.get());
        owner = {status.uid, status.gid};
    }
    if (owner.uid == 0) {
        throw Error(ErrorCode::refused,
                    "cannot restore to '" + printable(options.target.string()) +
                        "': the files would be owned by root, as whom PostgreSQL does not start",
                    "say who shall own them: --owner postgres");
    }
    return owner;
}

}  // namespace tsb

#include "daemon/restore_request.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/user_entry.hpp"
#include "core/base/whole_number.hpp"
#include "core/ops/in_place_plan.hpp"
#include "core/ops/restore_places.hpp"

namespace tsb {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t account_buffer = 16 << 10;

Error bad_restore_value(const char* name, const std::string& value, const std::string& expected) {
    return {ErrorCode::usage, "cannot restore: --" + std::string(name) + " '" + printable(value) +
                                  "': expected " + expected};
}

std::optional<std::uint32_t> number(const std::string& text) {
    const auto value = parse_whole<std::uint32_t>(text);
    const bool keeps_owner = value == std::numeric_limits<std::uint32_t>::max();  // to chown(2)
    return keeps_owner ? std::nullopt : value;
}

FileOwner user_named(const std::string& name) {
    if (const auto uid = number(name)) {
        const auto user = user_entry(*uid);
        return {*uid, user ? user->group : *uid};
    }
    std::vector<char> buffer(account_buffer);
    passwd entry{};
    passwd* found = nullptr;
    getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        throw Error(ErrorCode::not_found, "cannot find user '" + printable(name) + "'");
    }
    return {found->pw_uid, found->pw_gid};
}

gid_t group_named(const std::string& name) {
    if (const auto gid = number(name)) return *gid;
    std::vector<char> buffer(account_buffer);
    group entry{};
    group* found = nullptr;
    getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        throw Error(ErrorCode::not_found, "cannot find group '" + printable(name) + "'");
    }
    return found->gr_gid;
}

std::optional<FileOwner> parse_owner(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const std::size_t colon = text.find(':');
    const std::string user = text.substr(0, colon);
    const std::string group = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (user.empty() || (colon != std::string::npos && group.empty())) {
        throw bad_restore_value("owner", text, "USER[:GROUP]");
    }
    FileOwner owner = user_named(user);
    if (!group.empty()) owner.gid = group_named(group);
    return owner;
}

std::string without_slash_at_end(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

std::map<std::string, std::string> parse_map(const std::vector<std::string>& pairs) {
    std::map<std::string, std::string> out;
    for (const std::string& pair : pairs) {
        const std::size_t equals = pair.find('=');
        const std::string from = without_slash_at_end(pair.substr(0, equals));
        const std::string to =
            equals == std::string::npos ? "" : without_slash_at_end(pair.substr(equals + 1));
        if (!from.starts_with('/') || !to.starts_with('/')) {
            throw bad_restore_value("tablespace-map", pair, "OLD=NEW with two absolute paths");
        }
        if (!out.emplace(from, to).second) {
            throw bad_restore_value("tablespace-map", pair, "each OLD once");
        }
    }
    return out;
}

/// `path` with the links of what exists of it resolved, when it lies beneath a root.
fs::path within_roots(const fs::path& path, const std::vector<fs::path>& roots) {
    std::error_code failed;
    fs::path real = fs::weakly_canonical(path, failed);
    if (!failed) {
        for (const fs::path& root : roots) {
            const fs::path real_root = fs::canonical(root, failed);
            if (!failed && lies_beneath(real, real_root)) return real;
        }
    }
    throw Error(ErrorCode::refused,
                "cannot restore into '" + printable(path.string()) +
                    "': not beneath a directory of 'allowed_targets'",
                "root may restore anywhere; for others the cluster's 'allowed_targets' say where");
}

/// A client must not have the daemon, which may be root, write where the client itself could not.
/// The data directory that the configuration names is its owner's choice.
void confine(RestoreOptions& options, const ClusterConfig& cluster, const Caller& caller) {
    if (caller.trusted) return;
    const std::vector<fs::path>& roots = cluster.restore_roots;
    if (options.target != cluster.data_directory) {
        options.target = within_roots(options.target, roots);
    }
    options.only_mapped_tablespaces = true;
    for (auto& [from, to] : options.tablespace_map) to = within_roots(to, roots).string();

    if (!options.owner) return;
    const bool own_group = std::find(caller.groups.begin(), caller.groups.end(),
                                     options.owner->gid) != caller.groups.end();
    if (options.owner->uid != caller.uid || !own_group) {
        throw Error(ErrorCode::refused, "cannot restore: --owner names somebody else",
                    "only root may give files away");
    }
}

}  // namespace

RestoreOptions restore_options(Service& service, const Caller& caller, const Json& args) {
    service.repository.require_there();
    RestoreOptions options;
    options.backup = text_arg(args, "backup");
    options.cluster = service.cluster_with(text_arg(args, "cluster"), options.backup);
    options.backup = service.backup_id(options.cluster, options.backup);
    const std::shared_ptr<const Config> config = service.config();
    const ClusterConfig* configured = config->find_cluster(options.cluster);
    const ClusterConfig cluster = configured == nullptr ? ClusterConfig() : *configured;
    options.target = text_arg(args, "target");
    if (options.target.empty()) options.target = cluster.data_directory;
    if (options.target.empty()) {
        throw Error(ErrorCode::usage, "cannot restore: no --target was given",
                    "give a new directory, or set restore.data_directory of the cluster to restore "
                    "in place");
    }
    if (!options.target.has_filename()) options.target = options.target.parent_path();
    options.tablespace_map = parse_map(list_arg(args, "tablespace-map"));
    options.owner = parse_owner(text_arg(args, "owner"));
    options.any_version = flag_arg(args, "any-version");
    options.server_binaries = cluster.server_binaries;
    confine(options, cluster, caller);
    return options;
}

fs::path allowed_path(const fs::path& path, const ClusterConfig& cluster, const Caller& caller) {
    if (!caller.trusted) return within_roots(path, cluster.restore_roots);
    std::error_code failed;
    fs::path real = fs::weakly_canonical(path, failed);
    if (failed) throw errno_error(failed.value(), "restore to", path.string());
    return real;
}

bool is_in_place(const Config& config, const RestoreOptions& options) {
    const ClusterConfig* cluster = config.find_cluster(options.cluster);
    return cluster != nullptr && !cluster->data_directory.empty() &&
           real_data_directory(options.target) == real_data_directory(cluster->data_directory);
}

namespace {

ServerControl server_control(const ClusterConfig& cluster) {
    ServerControl server;
    server.data_directory = cluster.data_directory;
    server.stop_command = cluster.stop_command;
    server.start_command = cluster.start_command;
    server.connection.conninfo = cluster.connection;
    server.connection.password_file = cluster.password_file;
    return server;
}

}  // namespace

InPlaceOptions in_place_options(const Config& config, const RestoreOptions& options,
                                const Json& args) {
    InPlaceOptions in_place;
    in_place.cluster = options.cluster;
    in_place.backup = options.backup;
    in_place.server = server_control(config.cluster(options.cluster));
    in_place.tablespace_map = options.tablespace_map;
    in_place.server_binaries = options.server_binaries;
    in_place.owner = options.owner;
    in_place.any_version = options.any_version;
    in_place.force_foreign = flag_arg(args, "force-foreign");
    in_place.start = flag_arg(args, "no-start") ? StartAfter::no : StartAfter::yes;
    return in_place;
}

InPlaceOptions in_place_options(Service& service, const Json& args) {
    const std::shared_ptr<const Config> config = service.config();
    RestoreOptions nothing;
    const ClusterConfig& cluster = config->cluster(text_arg(args, "cluster"));
    nothing.cluster = cluster.name;
    if (cluster.data_directory.empty()) {
        throw Error(
            ErrorCode::config,
            "cannot undo or clean up: cluster '" + cluster.name + "' has no restore.data_directory",
            "restores in place need it");
    }
    return in_place_options(*config, nothing, args);
}

}  // namespace tsb

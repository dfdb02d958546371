#include "config/options.hpp"

#include <algorithm>
#include <array>

namespace tsb {
namespace {

using Text = const std::string&;
using To = const OptionTarget&;

constexpr auto scalar = OptionShape::scalar;
constexpr auto list = OptionShape::list;
constexpr bool required = true;
constexpr bool optional = false;

constexpr std::string_view path_type = "an absolute path without '..'";
constexpr std::string_view principal_type = "user:NAME, group:NAME or a numeric uid";
constexpr std::string_view timeout_type = "a duration from 1s to 24h with its unit, such as 90s";

// Not constexpr: core/io owns the wording of what it takes as a compression.
const std::array table = {
    Option{"repository", scalar, required, path_type, "",
           "Directory that holds the backups of all clusters.",
           [](Text text, To to) { return store_path(text, to.config.repository); }},

    Option{"log.level", scalar, optional, "one of debug, info, warning, error", "info",
           "Least severe messages that are logged.",
           [](Text text, To to) { return store_log_level(text, to.config.log_level); }},

    Option{"control.socket", scalar, optional, path_type, "/run/tsbackup/control.sock",
           "Unix socket on which the daemon listens for tsbackupctl.",
           [](Text text, To to) { return store_socket_path(text, to.config.control.socket); }},
    Option{"control.rights.read", list, optional, principal_type, "",
           "Who may look: status, check, list, show, jobs, watch. Root and the daemon's own user "
           "may do everything.",
           [](Text text, To to) { return append_principal(text, to.config.control.read); }},
    Option{"control.rights.operate", list, optional, principal_type, "",
           "Who may also back up, verify and cancel.",
           [](Text text, To to) { return append_principal(text, to.config.control.operate); }},
    Option{"control.rights.restore", list, optional, principal_type, "", "Who may also restore.",
           [](Text text, To to) { return append_principal(text, to.config.control.restore); }},

    Option{"clusters.*.connection", scalar, required,
           "a libpq connection string, such as 'host=/var/run/postgresql user=tsbackup'", "",
           "How to connect, as libpq's conninfo or URI, without a password. The role needs "
           "REPLICATION.",
           [](Text text, To to) { return store_connection(text, to.cluster->connection); }},
    Option{"clusters.*.password_file", scalar, optional, path_type, "",
           "File with the password alone on its first line, readable by nobody else. Without it "
           "libpq looks in its own places, such as ~/.pgpass.",
           [](Text text, To to) { return store_path(text, to.cluster->password_file); }},

    Option{"clusters.*.backup.format", scalar, optional, "tar or plain", "tar",
           "tar: one archive per tablespace; plain: the files as they are in the data directory.",
           [](Text text, To to) { return store_format(text, to.cluster->format); }},
    Option{"clusters.*.backup.compression", scalar, optional, compression_syntax(), "gzip:6",
           "Compression of the archives; format plain does not use it.",
           [](Text text, To to) { return store_compression(text, to.cluster->compression); }},
    Option{"clusters.*.backup.checkpoint", scalar, optional, "fast or spread", "fast",
           "fast: the server makes its checkpoint at once; spread: it takes its time, the backup "
           "waits.",
           [](Text text, To to) { return store_checkpoint(text, to.cluster->checkpoint); }},
    Option{"clusters.*.backup.max_rate", scalar, optional,
           "unlimited, or a size per second from 32kB to 1GB, such as 64MB", "unlimited",
           "Most that the server sends per second, WAL not counted.",
           [](Text text, To to) { return store_rate(text, to.cluster->max_rate_kb); }},
    Option{"clusters.*.backup.compression_workers", scalar, optional,
           "auto, or a number from 1 to 64", "auto",
           "Threads that compress one backup; auto: as many as there are cores.",
           [](Text text, To to) { return store_workers(text, to.cluster->compression_workers); }},
    Option{"clusters.*.backup.manifest_checksums", scalar, optional,
           "CRC32C, SHA224, SHA256, SHA384 or SHA512", "CRC32C",
           "Digest of each file in the server's manifest, which costs the server time; what is "
           "stored has a SHA-256 anyway.",
           [](Text text, To to) {
               return store_manifest_checksums(text, to.cluster->manifest_checksums);
           }},
    Option{
        "clusters.*.backup.nice", scalar, optional, "a number from 0 to 19", "0",
        "How far the threads that compress, prove and write stand back for others; 19: furthest.",
        [](Text text, To to) { return store_nice(text, to.cluster->priority.nice); }},
    Option{"clusters.*.backup.ionice", scalar, optional,
           "none, idle, best-effort or best-effort:0 to best-effort:7", "none",
           "The disk priority of these threads, as ionice(1) has it.",
           [](Text text, To to) { return store_ionice(text, to.cluster->priority); }},
    Option{"clusters.*.backup.stall_timeout", scalar, optional, timeout_type, "60s",
           "A backup fails when the server sends nothing for this long.",
           [](Text text, To to) { return store_timeout(text, to.cluster->stall_timeout); }},
    Option{"clusters.*.backup.checkpoint_timeout", scalar, optional, timeout_type, "1h",
           "A backup fails when the checkpoint at its start takes longer than this.",
           [](Text text, To to) { return store_timeout(text, to.cluster->checkpoint_timeout); }},

    Option{"clusters.*.restore.allowed_targets", list, optional, path_type, "",
           "Directories beneath which clients other than root may restore.",
           [](Text text, To to) { return append_path(text, to.cluster->restore_roots); }},
    Option{"clusters.*.restore.server_binaries", list, optional, path_type, "",
           "Directories with PostgreSQL's programs, such as /usr/lib/postgresql/17/bin. Without "
           "any the usual places are searched.",
           [](Text text, To to) { return append_path(text, to.cluster->server_binaries); }},
};

}  // namespace

std::span<const Option> options() {
    return table;
}

const Option* find_option(std::string_view path) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [path](const Option& option) { return option.path == path; });
    return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> keys_in(std::string_view section) {
    const std::string prefix = section.empty() ? "" : std::string(section) + ".";
    std::vector<std::string> keys;
    for (const Option& option : table) {
        if (!option.path.starts_with(prefix)) continue;
        const std::string_view rest = option.path.substr(prefix.size());
        std::string key(rest.substr(0, rest.find('.')));
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
    return keys;
}

std::string_view last_key(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

}  // namespace tsb

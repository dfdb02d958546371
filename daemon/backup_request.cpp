#include "daemon/backup_request.hpp"

#include "config/values.hpp"
#include "daemon/verb_spec.hpp"

namespace tsb {
namespace {

Error bad_backup_value(const char* name, const std::string& value, std::string_view expected) {
    return {ErrorCode::usage, "cannot back up: --" + std::string(name) + " '" + printable(value) +
                                  "': expected " + std::string(expected)};
}

/// Stores the argument `name` where it is given. What it may be is what the configuration's key of
/// that meaning may be.
template <class Value>
void take(const Json& args, const char* name, ValueResult (*store)(const std::string&, Value&),
          Value& into, std::string_view expected) {
    const std::string text = text_arg(args, name);
    if (!text.empty() && store(text, into)) throw bad_backup_value(name, text, expected);
}

BackupOptions configured_options(const ClusterConfig& cluster) {
    BackupOptions options;
    options.cluster = cluster.name;
    options.connection.conninfo = cluster.connection;
    options.connection.password_file = cluster.password_file;
    options.format = cluster.format;
    options.compression = cluster.compression;
    options.checkpoint = cluster.checkpoint;
    options.max_rate_kb = cluster.max_rate_kb;
    options.manifest_checksums = cluster.manifest_checksums;
    options.compression_workers = cluster.compression_workers;
    options.priority = cluster.priority;
    options.copy_stall_limit = cluster.stall_timeout;
    options.checkpoint_limit = cluster.checkpoint_timeout;
    return options;
}

}  // namespace

BackupOptions backup_options(const ClusterConfig& cluster, const Json& args) {
    BackupOptions options = configured_options(cluster);
    take(args, "compress", store_compression, options.compression, compression_syntax());
    take(args, "format", store_format, options.format, "tar or plain");
    take(args, "checkpoint", store_checkpoint, options.checkpoint, "fast or spread");
    take(args, "max-rate", store_rate, options.max_rate_kb, "32kB to 1GB (a second), or unlimited");
    take(args, "label", store_label, options.label, "at most 512 bytes without control characters");
    return options;
}

}  // namespace tsb

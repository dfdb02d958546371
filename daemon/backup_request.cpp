#include "daemon/backup_request.hpp"

#include "core/base/human.hpp"
#include "daemon/verb_spec.hpp"

namespace tsb {
namespace {

// What the server accepts (BASE_BACKUP ... MAX_RATE).
constexpr std::uint64_t slowest_kb = 32;
constexpr std::uint64_t fastest_kb = 1 << 20;
constexpr std::size_t longest_label = 512;

Error bad_value(const char* name, const std::string& value, std::string_view expected) {
    return {ErrorCode::usage, "cannot back up: --" + std::string(name) + " '" + printable(value) +
                                  "': expected " + std::string(expected)};
}

std::uint32_t parse_max_rate(const std::string& text) {
    if (text == "unlimited") return 0;
    const auto bytes = parse_size(text);
    const std::uint64_t kilobytes = bytes.value_or(0) / 1024;
    if (kilobytes < slowest_kb || kilobytes > fastest_kb) {
        throw bad_value("max-rate", text, "32kB to 1GB (a second), or unlimited");
    }
    return static_cast<std::uint32_t>(kilobytes);
}

CheckpointMode parse_checkpoint(const std::string& text) {
    if (text == "fast") return CheckpointMode::fast;
    if (text == "spread") return CheckpointMode::spread;
    throw bad_value("checkpoint", text, "fast or spread");
}

std::string checked_label(const std::string& text) {
    if (text.size() > longest_label || printable(text) != text) {
        throw bad_value("label", text, "at most 512 bytes without control characters");
    }
    return text;
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
    if (const std::string text = text_arg(args, "compress"); !text.empty()) {
        const auto compression = parse_compression(text);
        if (!compression) throw bad_value("compress", text, compression_syntax());
        options.compression = *compression;
    }
    if (const std::string text = text_arg(args, "format"); !text.empty()) {
        const auto format = parse_backup_format(text);
        if (!format) throw bad_value("format", text, "tar or plain");
        options.format = *format;
    }
    if (const std::string text = text_arg(args, "checkpoint"); !text.empty()) {
        options.checkpoint = parse_checkpoint(text);
    }
    if (const std::string text = text_arg(args, "max-rate"); !text.empty()) {
        options.max_rate_kb = parse_max_rate(text);
    }
    options.label = checked_label(text_arg(args, "label"));
    return options;
}

}  // namespace tsb

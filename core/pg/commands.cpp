#include "core/pg/commands.hpp"

#include "core/base/error.hpp"

namespace tsb {

namespace {

constexpr int oldest_major = 13;
constexpr int newest_major = 18;
// From 15 on, BASE_BACKUP and CREATE_REPLICATION_SLOT take options in parentheses.
constexpr int first_option_list_version = 150000;

/// `text` between single quotes, as the replication grammar takes it.
std::string literal(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c;
        if (c == '\'') {
            quoted += c;
        }
    }
    return quoted + "'";
}

/// A slot name between double quotes; Error{internal} unless it is one the server accepts.
std::string slot_name(std::string_view slot) {
    constexpr std::size_t longest = 63;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (slot.empty() || slot.size() > longest ||
        slot.find_first_not_of(allowed) != std::string_view::npos) {
        throw Error(ErrorCode::internal, "slot name '" + printable(slot) + "' is malformed");
    }
    return "\"" + std::string(slot) + "\"";
}

std::string keyword_form(const BaseBackupOptions& options) {
    std::string command = "BASE_BACKUP LABEL " + literal(options.label) + " PROGRESS";
    if (options.checkpoint == CheckpointMode::fast) {
        command += " FAST";
    }
    command += " NOWAIT";
    if (options.max_rate_kb != 0) {
        command += " MAX_RATE " + std::to_string(options.max_rate_kb);
    }
    return command + " TABLESPACE_MAP MANIFEST 'yes' MANIFEST_CHECKSUMS " +
           literal(to_string(options.manifest_checksums));
}

std::string option_list_form(const BaseBackupOptions& options) {
    std::string command = "BASE_BACKUP (LABEL " + literal(options.label) + ", PROGRESS";
    command += options.checkpoint == CheckpointMode::fast ? ", CHECKPOINT 'fast'"
                                                          : ", CHECKPOINT 'spread'";
    command += ", WAIT false";
    if (options.max_rate_kb != 0) {
        command += ", MAX_RATE " + std::to_string(options.max_rate_kb);
    }
    if (options.compression.on_server) {
        command += ", COMPRESSION " + literal(method_name(options.compression.method)) +
                   ", COMPRESSION_DETAIL " +
                   literal("level=" + std::to_string(options.compression.level));
    }
    return command +
           ", TABLESPACE_MAP, VERIFY_CHECKSUMS true, MANIFEST 'yes', MANIFEST_CHECKSUMS " +
           literal(to_string(options.manifest_checksums)) + ")";
}

}  // namespace

std::string base_backup_command(int server_version, const BaseBackupOptions& options) {
    require_supported_server(server_version, options.compression);
    return server_version < first_option_list_version ? keyword_form(options)
                                                      : option_list_form(options);
}

std::string create_slot_command(int server_version, std::string_view slot) {
    require_supported_server(server_version);
    return "CREATE_REPLICATION_SLOT " + slot_name(slot) + " TEMPORARY PHYSICAL " +
           (server_version < first_option_list_version ? "RESERVE_WAL" : "(RESERVE_WAL)");
}

std::string start_replication_command(std::string_view slot, Lsn start, Timeline timeline) {
    return "START_REPLICATION SLOT " + slot_name(slot) + " PHYSICAL " + to_string(start) +
           " TIMELINE " + std::to_string(timeline);
}

std::string timeline_history_command(Timeline timeline) {
    return "TIMELINE_HISTORY " + std::to_string(timeline);
}

void require_supported_server(int server_version, const Compression& compression) {
    const int major = server_version / 10000;
    if (major < oldest_major || major > newest_major) {
        throw Error(ErrorCode::version_mismatch,
                    "the server is PostgreSQL " + std::to_string(major) + ", supported are " +
                        std::to_string(oldest_major) + " to " + std::to_string(newest_major));
    }
    if (compression.on_server && server_version < first_option_list_version) {
        throw Error(ErrorCode::version_mismatch,
                    "the server is PostgreSQL " + std::to_string(major) + ", which cannot do " +
                        to_string(compression),
                    "leave server- out: then tsbackup compresses");
    }
}

}  // namespace tsb

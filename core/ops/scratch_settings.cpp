#include "core/ops/scratch_settings.hpp"

#include <array>
#include <string_view>

#include "core/repo/recovery_settings.hpp"

namespace tsb {

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Row {
    std::string_view name;
    std::string_view value;
    int first_major = 13;
    int last_major = 99;
};

// In the groups of the documentation. No server of another kind is told of or heard: hot_standby
// off besides frees the copy from the limits of its source (max_connections and its like).
constexpr std::array rows = {
    Row{"listen_addresses", ""}, Row{"unix_socket_permissions", "0700"},
    Row{"external_pid_file", ""}, Row{"max_connections", "20"}, Row{"ssl", "off"},
    Row{"restart_after_crash", "off"},

    Row{"shared_buffers", "32MB"}, Row{"huge_pages", "off"},
    Row{"max_prepared_transactions", "1000"},  // those that the backup found are recovered
    Row{"max_worker_processes", "0"}, Row{"max_logical_replication_workers", "0"},  // subscriptions
    Row{"io_method", "sync", 18},

    Row{"wal_level", "replica"}, Row{"fsync", "off"}, Row{"full_page_writes", "off"},
    Row{"synchronous_commit", "off"}, Row{"summarize_wal", "off", 17}, Row{"archive_mode", "off"},
    Row{"archive_command", ""}, Row{"archive_library", "", 15},

    Row{"hot_standby", "off"}, Row{"primary_conninfo", ""}, Row{"primary_slot_name", ""},
    Row{"promote_trigger_file", "", 13, 15}, Row{"synchronous_standby_names", ""},
    Row{"sync_replication_slots", "off", 17}, Row{"max_wal_senders", "0"},
    // Also the number of replication origins, which the copy of a subscriber needs.
    Row{"max_replication_slots", "256"}, Row{"max_active_replication_origins", "256", 18},

    Row{"jit", "off"}, Row{"autovacuum", "off"}, Row{"event_triggers", "off", 17},
    Row{"session_preload_libraries", ""}, Row{"local_preload_libraries", ""},
    Row{"dynamic_library_path", "$libdir"}, Row{"default_tablespace", ""},
    Row{"temp_tablespaces", ""}, Row{"stats_temp_directory", "pg_stat_tmp", 13, 14},

    Row{"logging_collector", "off"}, Row{"log_destination", "stderr"}, Row{"log_directory", "log"},
    Row{"log_line_prefix", ""}, Row{"log_statement", "none"}, Row{"log_min_messages", "warning"},
    Row{"log_min_error_statement", "panic"}, Row{"lc_messages", "C"},  // the log is read by us
};

/// A list of one directory, as unix_socket_directories takes it.
std::string quoted_path(const std::filesystem::path& directory) {
    std::string text = "\"";
    for (const char c : directory.string()) text += c == '"' ? "\"\"" : std::string(1, c);
    return text + "\"";
}

/// From "name = 'value'", whose values hold no quote.
std::pair<std::string, std::string> parted(std::string_view setting) {
    constexpr std::string_view between = " = '";
    const std::size_t at = setting.find(between);
    std::string_view value = setting.substr(at + between.size());
    value.remove_suffix(1);
    return {std::string(setting.substr(0, at)), std::string(value)};
}

}  // namespace

Settings scratch_settings(const ScratchPlaces& places, const ScratchProfile& profile) {
    Settings settings = {
        {"config_file", (places.run / "postgresql.conf").string()},
        {"hba_file", (places.run / "pg_hba.conf").string()},
        {"ident_file", (places.run / "pg_ident.conf").string()},
        {"data_directory", places.data.string()},
        {"cluster_name", profile.name},
        {"unix_socket_directories", quoted_path(places.run)},
        {"port", std::to_string(scratch_server_port)},
        {"shared_preload_libraries", profile.timescaledb ? "timescaledb" : ""},
    };
    for (const Row& row : rows) {
        if (profile.major < row.first_major || profile.major > row.last_major) continue;
        settings.emplace_back(row.name, row.value);
    }
    for (const std::string_view setting : recovery_settings) settings.push_back(parted(setting));
    if (profile.timescaledb) {
        settings.emplace_back("timescaledb.max_background_workers", "0");
        settings.emplace_back("timescaledb.telemetry_level", "off");
    }
    return settings;
}

std::vector<std::string> scratch_command(const ScratchPlaces& places,
                                         const ScratchProfile& profile) {
    std::vector<std::string> command = {(places.binaries / "postgres").string(), "-D",
                                        places.data.string()};
    for (const auto& [name, value] : scratch_settings(places, profile)) {
        command.emplace_back("-c");
        command.push_back(name + "=" + value);
    }
    return command;
}

std::string scratch_session_options(int major) {
    std::string options =
        "-c session_preload_libraries= -c local_preload_libraries= -c statement_timeout=0"
        " -c default_transaction_read_only=off";
    if (major >= 17) options += " -c event_triggers=off";
    return options;
}

std::filesystem::path scratch_socket(const std::filesystem::path& run) {
    return run / (".s.PGSQL." + std::to_string(scratch_server_port));
}

}  // namespace tsb

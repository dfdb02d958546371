// The configuration as plain structs. The option table (config/options.cpp) is the one place that
// says which keys exist, what they mean, their defaults and what values they take; reader, sample
// and reference come from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/listen_address.hpp"
#include "config/notices.hpp"
#include "config/schedule_config.hpp"
#include "core/base/log.hpp"
#include "core/base/thread_priority.hpp"
#include "core/io/compression.hpp"
#include "core/io/digest.hpp"
#include "core/pg/commands.hpp"
#include "core/plan/retention.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

/// "user:NAME", "group:NAME", or a bare number (uid); names are resolved when the file is read.
struct Principal {
    bool group = false;
    std::uint32_t id = 0;
    bool operator==(const Principal&) const = default;
};

struct ControlConfig {
    std::filesystem::path socket = "/run/tsbackup/control.sock";
    std::vector<Principal> read;     // uid 0 and the daemon's own uid always may do everything
    std::vector<Principal> operate;  // implies read
    std::vector<Principal> restore;  // implies operate
    bool operator==(const ControlConfig&) const = default;
};

/// One item of `hooks`: a program, and the events it is run for.
struct HookItem {
    std::set<std::string> events;  // of success, failure, overdue, recovered
    HookConfig hook;
    bool operator==(const HookItem&) const = default;
};

struct ClusterConfig {
    std::string name;
    std::string connection;     // libpq conninfo, without a password
    std::string password_file;  // or a credential's name; empty: libpq's own ways
    BackupFormat format = BackupFormat::tar;
    Compression compression;
    CheckpointMode checkpoint = CheckpointMode::fast;
    std::uint32_t max_rate_kb = 0;     // 0: unlimited
    unsigned compression_workers = 0;  // 0: as many as cores
    DigestKind manifest_checksums = DigestKind::crc32c;
    ThreadPriority priority;
    std::chrono::seconds stall_timeout{60};
    std::chrono::seconds checkpoint_timeout{3600};
    std::chrono::seconds job_limit{3 * 24 * 3600};
    std::vector<ScheduleConfig> schedule;
    RetentionPolicy retention;
    std::chrono::seconds max_age{0};                     // of the newest good backup; 0: auto
    std::optional<std::chrono::seconds> max_drill_age;   // of the newest drill that passed
    std::vector<std::filesystem::path> restore_roots;    // targets for clients other than root
    std::vector<std::filesystem::path> server_binaries;  // empty: the usual places
    std::filesystem::path data_directory;    // for restores in place; empty: none is possible
    std::vector<std::string> stop_command;   // empty: fast shutdown by signal
    std::vector<std::string> start_command;  // empty: something else starts the server
    std::filesystem::path drill_directory;   // empty: beneath the first target
    bool operator==(const ClusterConfig&) const = default;
};

struct Config {
    std::filesystem::path repository;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::text;
    ControlConfig control;
    unsigned max_concurrent_jobs = 2;
    std::chrono::seconds shutdown_grace{10};
    std::vector<HookItem> hooks;  // as written; by event in notices
    NoticeConfig notices;
    std::optional<ListenAddress> metrics_listen;  // nothing: no metrics are served
    std::vector<ClusterConfig> clusters;          // in the file's order, at least one

    /// The named cluster; null when it is not configured.
    const ClusterConfig* find_cluster(const std::string& name) const;
    /// The named cluster, or the only one when `name` is empty; Error{not_found} otherwise.
    const ClusterConfig& cluster(const std::string& name) const;
};

/// Reads and checks the whole file; Error{config} with every finding on its own line as
/// `file:line:column: key 'x': expected ...`. Nothing is defaulted silently. Thread: any.
Config load_config(const std::filesystem::path& file);
/// The same from text; `name` stands for the file in messages.
Config parse_config(const std::string& text, const std::string& name);

}  // namespace tsb

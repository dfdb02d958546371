// What is asked of a server before and after a backup.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "core/base/cluster_info.hpp"
#include "core/pg/session.hpp"

namespace tsb {

struct ServerIdentity {
    ServerIdentity() = default;
    std::uint64_t system_identifier = 0;
    Timeline timeline = 0;
    Lsn position;
};

struct ServerSettings {
    ServerSettings() = default;
    std::string version_text;  // "15.20 (Debian 15.20-0+deb12u1)"
    std::uint64_t wal_segment_size = 0;
    std::string wal_level;
    int max_wal_senders = 0;
    bool data_checksums = false;
};

/// IDENTIFY_SYSTEM. Thread: loop.
boost::asio::awaitable<ServerIdentity> identify(ReplicationSession& session);
/// SHOW of each setting, on a replication session. Thread: loop.
boost::asio::awaitable<ServerSettings> read_settings(ReplicationSession& session);
/// Error{server_settings} with a hint when wal_level is minimal or max_wal_senders below 2. Pure.
void require_backup_settings(const ServerSettings& settings);
/// Error{wrong_cluster} when the two differ in system identifier or timeline. Pure.
void require_same_cluster(const ServerIdentity& a, const ServerIdentity& b);

/// The columns of pg_database that tell its locale, the letter of the locale's provider, and the
/// version of that. Pure.
std::string database_locale_columns(int server_version);

/// All that SQL tells: each database with size, collation, TimescaleDB version and licence, and
/// what it holds. Never fails a backup: what cannot be asked is said in DatabaseInfo::problem, and
/// when not even the list can be had the result is one nameless entry with the problem. Thread:
/// loop.
struct ClusterFacts {
    ClusterFacts() = default;
    std::vector<DatabaseInfo> databases;
    bool in_recovery = false;
    std::string server_time;  // ISO 8601 with zone; empty when unknown
};
boost::asio::awaitable<ClusterFacts> read_cluster_facts(const SessionFactory& connect,
                                                        const ConnectOptions& options,
                                                        std::stop_token stop);

}  // namespace tsb

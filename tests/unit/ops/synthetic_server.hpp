// A server that plays a SyntheticCluster: the two replication sessions of a backup, in the layout
// of its version. Any event of either can be made to fail, and every event can be watched.
//
// There is no SQL: a session without replication is refused, so a backup records that its
// databases could not be asked.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/pg/session.hpp"
#include "tests/unit/ops/synthetic_cluster.hpp"

namespace tsb::test {

/// The sessions in the order in which a backup opens them.
enum class Role { data, wal };

/// What a test changes about the server before a backup; plain data.
struct ServerSettingsAndFaults {
    SyntheticCluster cluster;
    std::uint64_t cluster_kb = 100;  // what BASE_BACKUP says it will send
    std::string wal_level = "replica";
    std::uint64_t wal_session_identifier = 0;  // 0: as the cluster's
    Timeline base_backup_timeline = 0;         // 0: as the cluster's
    std::optional<Error> last_error;           // in place of BASE_BACKUP's CommandComplete
    std::optional<Error> slot_error;           // answer to CREATE_REPLICATION_SLOT
    unsigned lost_wal_message = 0;             // its number from 1; 0: none

    // The failure of one event: connecting and each answer count from 1, in each role.
    Role failing_role = Role::data;
    unsigned failing_event = 0;  // 0: none
    Error failure{ErrorCode::server_error, "the test said so"};
    std::function<void(unsigned)> on_event;  // hears the number of each event of both roles
};

class SyntheticServer {
public:
    explicit SyntheticServer(SyntheticCluster cluster);
    ~SyntheticServer();

    ServerSettingsAndFaults& settings() { return *settings_; }
    /// Sessions of this server; it must outlive them.
    SessionFactory factory();
    /// Forgets what was counted, for the next backup.
    void begin_anew();
    /// True when the failing event was reached.
    bool failed() const;
    /// Sessions that are neither closed nor destroyed.
    unsigned open_sessions() const;
    /// Every command that was sent, in order.
    const std::vector<std::string>& commands() const;

private:
    struct State;
    class Session;
    std::unique_ptr<ServerSettingsAndFaults> settings_;
    std::shared_ptr<State> state_;
};

}  // namespace tsb::test

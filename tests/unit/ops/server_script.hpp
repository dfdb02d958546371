// What a SyntheticServer says: answers to simple commands, and the events of the two that stream.
#pragma once

#include <deque>
#include <string>

#include "tests/unit/ops/synthetic_server.hpp"

namespace tsb::test {

ResultSet answer_of(const std::string& command, const ServerSettingsAndFaults& settings, Role role);
/// Everything after BASE_BACKUP, up to the error that was asked for or readiness.
std::deque<SessionEvent> backup_script(const ServerSettingsAndFaults& settings,
                                       const std::string& command);
/// Everything after START_REPLICATION, up to the last byte of WAL.
std::deque<SessionEvent> wal_script(const ServerSettingsAndFaults& settings);
/// What follows the client's end of the COPY.
std::deque<SessionEvent> wal_end_script();
SessionEvent keepalive(const ServerSettingsAndFaults& settings);

}  // namespace tsb::test

// Explore: what is in a backup, told by the server that a drill would start on it.
//
// Keeps what a drill keeps (drill.hpp): nothing outside its directory is written, no other server
// is spoken to, and nothing is left. Judges nothing and records nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ops/drill.hpp"
#include "core/pg/cluster_report.hpp"

namespace tsb {

struct BackupContents {
    BackupContents() = default;
    std::string backup_id;
    ClusterReport report;
};

/// Restores the backup that `options` names, and reads it with `sample_rows` of each table. Errors
/// of drill_backup(), and Error{damaged} where that would find a problem. Everything passed must
/// outlive the await. Thread: loop (blocking work is done on threads of its own).
boost::asio::awaitable<BackupContents> explore_backup(const DrillOptions& options,
                                                      unsigned sample_rows, Repository& repository,
                                                      const SessionFactory& connect,
                                                      const Clock& clock, JobContext& job);

/// Name and value of each setting in the text of a postgresql.conf, the last of each name, sorted.
/// What is malformed is left out. Pure.
std::vector<std::pair<std::string, std::string>> settings_in(std::string_view configuration);

}  // namespace tsb

// What a drill asks of the server it started, and what it makes of the answers.
//
// What a backup's metadata has of the databases was asked shortly after its end, while the cluster
// was being written to, so not every difference is the backup's fault:
// - a database that is missing, and an extension that is missing or of another version, is a
//   problem when the transaction that wrote what was recorded had committed in what was recovered.
//   Else it came after the backup's end, or nobody knows (backups of earlier versions): a note;
// - a database whose removal had begun is a note: the backup ended in a DROP DATABASE;
// - numbers of tables, hypertables, chunks, continuous aggregates, jobs and policies that differ
//   are a note with both numbers; estimates of rows are not compared;
// - a database that cannot be read is a problem, unless it could not be asked at the backup either;
// - a table whose rows cannot be counted is a problem when its pages are damaged, else a note.
//
// Does not start or end the server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "core/base/job_context.hpp"
#include "core/ops/drill.hpp"

namespace tsb {

struct DrillFindings {
    DrillFindings() = default;
    std::vector<DrilledDatabase> databases;
    std::vector<std::string> problems;
    std::vector<std::string> notes;
};

/// Compares the cluster and each of its databases with `metadata`. `base` names the server
/// and the role. Throws only Error{cancelled}. Thread: loop.
boost::asio::awaitable<DrillFindings> look_at_cluster(const SessionFactory& connect,
                                                      const ConnectOptions& base,
                                                      const Metadata& metadata, RowCounts rows,
                                                      const JobContext& job);

/// The findings in what pg_amcheck printed, one line each, the first ones. Pure.
std::vector<std::string> amcheck_findings(const std::string& output);

}  // namespace tsb

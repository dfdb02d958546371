// The first rows of each table of a database, for a cluster report.
//
// Keeps the bounds of cluster_report.hpp over all databases together. A table that cannot be read,
// such as one without the right to it, is a note.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/pg/report_scope.hpp"

namespace tsb {

/// Adds `rows` of each table that the session's database has, which is the scope's.
/// Error{cancelled}, Error{connection}, Error{stalled}. Thread: loop.
boost::asio::awaitable<void> read_samples(ReplicationSession& session, const ReportScope& scope,
                                          unsigned rows);

}  // namespace tsb

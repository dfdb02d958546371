// What a database holds, counted by its catalogue: of a cluster at a backup and of what is restored
// from it the same questions, so that the answers can be compared.
//
// Does not count rows: estimates are those that the server keeps for its planner.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "core/base/cluster_info.hpp"
#include "core/pg/session.hpp"

namespace tsb {

/// On a session of open_sql_session(). Errors of the session. Thread: loop.
boost::asio::awaitable<DatabaseContents> read_database_contents(ReplicationSession& session,
                                                                std::chrono::seconds stall_limit);

/// The version of extension `name`; empty when it is not there. Pure.
std::string extension_version(const DatabaseContents& contents, const std::string& name);

}  // namespace tsb

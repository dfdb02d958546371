// A session that speaks SQL to one database, for facts that no replication command tells.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "core/pg/session.hpp"

namespace tsb {

/// How long an answer to a query about the catalogue may take.
inline constexpr std::chrono::seconds sql_answer_limit{30};

/// Connects to `database` (empty: the one that `base` names) with a search_path of pg_catalog only:
/// the owner of a database may have planted functions in its schemas. Errors of connecting.
/// Thread: loop.
boost::asio::awaitable<std::unique_ptr<ReplicationSession>> open_sql_session(
    const SessionFactory& connect, const ConnectOptions& base, std::string database,
    std::stop_token stop);

}  // namespace tsb

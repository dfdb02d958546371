// The connection keywords of a session: those of the operator's conninfo, and ours.
#pragma once

#include "core/pg/connect_target.hpp"
#include "core/pg/session.hpp"

namespace tsb {

/// The keywords `conninfo` (keywords or URI) gives a value to. Error{config} when it is malformed
/// or holds a secret; the message then shows no value of it (I8). Thread: any.
Keywords parse_conninfo(const std::string& conninfo);

/// All keywords for libpq but the password. What the conninfo sets wins over our keepalive,
/// time-out and name; replication and encoding are ours. An SQL session without a database name
/// gets "postgres". Errors as parse_conninfo. Thread: any.
Keywords session_keywords(const ConnectOptions& options);

/// `text` as a value in a connection string, whatever it holds. Pure.
std::string conninfo_value(const std::string& text);

}  // namespace tsb

// Why a connection could not be made: turns the client library's text into one error with its own
// code, one line, and a hint that says what to change. Pure; does not connect.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace tsb {

/// One attempt to reach one server.
struct ConnectAttempt {
    std::string user;
    std::string host;  // name, address or socket directory; empty: the default socket
    std::string port;
    std::string database;  // of an SQL session
    bool replication = true;
    bool needs_password = false;  // the server asked for one and there was none
};

/// `text` is the error text at verbosity "verbose". Codes: hba_rejected, authentication (also for
/// TLS), no_replication_right, server_settings, connection, server_error. The message begins with
/// "cannot connect to '<host:port>': ".
Error connect_failure(std::string_view text, const ConnectAttempt& attempt);

/// "cannot connect to '<host:port>': <cause>" with ErrorCode::connection.
Error unreachable(const ConnectAttempt& attempt, std::string_view cause);

}  // namespace tsb

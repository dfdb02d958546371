// Reading libpq results: rows out of them, and the server's message out of a failed one.
#pragma once

#include "core/pg/libpq_handle.hpp"
#include "core/pg/server_message.hpp"
#include "core/pg/session.hpp"

namespace tsb {

ResultSet rows_of(const pg_result* result);
/// The fields of an error or notice; empty sqlstate when libpq itself made it.
ServerMessage message_of(const pg_result* result);

/// Logs a connection's notices, escaped, and falls silent after some dozens of them, so that no
/// server can flood the log. Must live as long as the connection it listens to.
class NoticeLog {
public:
    void listen_to(pg_conn* connection);

private:
    static void receive(void* self, const pg_result* result);
    int seen_ = 0;
};

}  // namespace tsb

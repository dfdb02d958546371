#include "core/pg/libpq_result.hpp"

#include <libpq-fe.h>

#include "core/base/log.hpp"

namespace tsb {

namespace {

constexpr int max_notices = 50;

std::string field(const pg_result* result, int code) {
    const char* const text = PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

}  // namespace

ResultSet rows_of(const pg_result* result) {
    ResultSet set;
    const int columns = PQnfields(result);
    for (int column = 0; column < columns; ++column) {
        set.columns.emplace_back(PQfname(result, column));
    }
    for (int row = 0; row < PQntuples(result); ++row) {
        auto& fields = set.rows.emplace_back();
        for (int column = 0; column < columns; ++column) {
            auto& value = fields.emplace_back();
            if (PQgetisnull(result, row, column) == 0) {
                value.emplace(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
            }
        }
    }
    return set;
}

ServerMessage message_of(const pg_result* result) {
    ServerMessage message;
    message.sqlstate = field(result, PG_DIAG_SQLSTATE);
    message.primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
    message.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    message.hint = field(result, PG_DIAG_MESSAGE_HINT);
    message.function = field(result, PG_DIAG_SOURCE_FUNCTION);
    if (message.sqlstate.empty()) {
        message.primary = PQresultErrorMessage(result);
    }
    return message;
}

void NoticeLog::listen_to(pg_conn* connection) {
    PQsetNoticeReceiver(connection, &NoticeLog::receive, this);
}

void NoticeLog::receive(void* self, const pg_result* result) {
    if (++static_cast<NoticeLog*>(self)->seen_ > max_notices) {
        return;
    }
    const bool warning = field(result, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING";
    log(warning ? LogLevel::warning : LogLevel::info, {},
        "the server says: " + one_line(message_of(result).primary));
}

}  // namespace tsb

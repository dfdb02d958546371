#include "core/pg/libpq_handle.hpp"

#include <libpq-fe.h>

namespace tsb {

void PgConnFinish::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

void PgResultClear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

}  // namespace tsb

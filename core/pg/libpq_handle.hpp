// Owns a libpq connection without showing libpq's header to anyone.
#pragma once

#include <memory>

struct pg_conn;
struct pg_result;

namespace tsb {

struct PgConnFinish {
    void operator()(pg_conn* connection) const noexcept;
};
using PgConnPtr = std::unique_ptr<pg_conn, PgConnFinish>;

struct PgResultClear {
    void operator()(pg_result* result) const noexcept;
};
using PgResultPtr = std::unique_ptr<pg_result, PgResultClear>;

}  // namespace tsb

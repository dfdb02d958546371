// Sessions over libpq's asynchronous interface; only libpq_*.cpp and conninfo.cpp include
// libpq-fe.h.
#pragma once

#include "core/pg/session.hpp"

namespace tsb {

/// A factory of real sessions. Each connect runs on a thread of its own, because libpq resolves
/// names with blocking calls. TCP keepalive (idle 10 s, interval 5 s, count 3) and
/// tcp_user_timeout (30 s) are set unless the conninfo sets them. A password inside the conninfo
/// is Error{config}. Failures carry distinct codes and hints (hba_rejected,
/// no_replication_right, authentication, server_settings, connection).
/// Thread: loop; the session lives on the executor of the coroutine that connects.
SessionFactory libpq_sessions();

/// Version of the libpq in use, for example 150018. Thread: any.
int libpq_version();

}  // namespace tsb

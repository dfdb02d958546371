// Logging in to a scratch server. Nobody can before its recovery has ended, and whoever can from
// then on may write: hot_standby is off.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "core/base/job_context.hpp"
#include "core/ops/recovery_watch.hpp"
#include "core/ops/scratch_server.hpp"
#include "core/pg/session.hpp"

namespace tsb {

/// As whom one logs in. The names of a copy's roles are not known beforehand.
struct ScratchLogin {
    std::string user;
    bool superuser = false;
};

/// Throws when the server has ended: Error{damaged} when for what it found in the copy, else
/// Error{server_error}; the end of its log goes to ours. Thread: any (reads the disk).
void require_running(const ScratchServer& server, const JobContext& job);

/// Waits until somebody can log in. The first of `users` that there is tells who is a superuser;
/// without any that user is given. Errors of require_running(), of connecting when it is none of
/// them, Error{stalled} past the limit, Error{cancelled}. `watch` looks meanwhile. Thread: loop.
boost::asio::awaitable<ScratchLogin> wait_for_login(const ScratchServer& server,
                                                    const SessionFactory& connect,
                                                    const std::vector<std::string>& users,
                                                    std::chrono::seconds limit,
                                                    RecoveryWatch& watch, const JobContext& job);

/// SQL sessions of `login`. Those of a superuser run nothing of the copy's by themselves: neither
/// libraries nor event triggers at login. Pure.
ConnectOptions scratch_connection(const ScratchServer& server, const ScratchLogin& login);

}  // namespace tsb

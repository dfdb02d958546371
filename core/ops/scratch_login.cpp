#include "core/ops/scratch_login.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sstream>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/pg/conninfo.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds between_logins{100};
constexpr const char* common_database = "template1";

/// A value of a conninfo.
asio::awaitable<ScratchLogin> log_in(const ScratchServer& server, const SessionFactory& connect,
                                     const ScratchLogin& as, const JobContext& job) {
    ConnectOptions options = scratch_connection(server, as);
    const auto session = co_await connect(std::move(options), job.stop);
    const auto result = co_await session->execute(
        "SELECT pg_catalog.current_setting('cluster_name'), (SELECT rolname"
        " FROM pg_catalog.pg_roles WHERE rolsuper AND rolcanlogin ORDER BY oid LIMIT 1)",
        sql_answer_limit);
    require_shape(result, 1, 2);
    if (text_field(result, 0, 0) != server.profile().name) {
        throw Error(ErrorCode::wrong_cluster,
                    "another server than '" + server.profile().name + "' answers at its socket");
    }
    ScratchLogin login;
    login.superuser = result.rows[0][1].has_value();
    login.user = result.rows[0][1].value_or(as.user);
    co_return login;
}

/// Each user as the superuser that it most likely is, then as anybody.
std::vector<ScratchLogin> candidates_of(const std::vector<std::string>& users) {
    std::vector<ScratchLogin> candidates;
    for (const std::string& user : users) {
        for (const bool superuser : {true, false}) candidates.push_back({user, superuser});
    }
    return candidates;
}

}  // namespace

void require_running(const ScratchServer& server, const JobContext& job) {
    if (!server.ended()) return;
    const std::string log = server.log();
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) job.warn("the server's log: " + line);
    const std::string cause = cause_in_log(log);
    throw Error(recovery_refused_data(log) ? ErrorCode::damaged : ErrorCode::server_error,
                "PostgreSQL ended on the restored copy: " + cause);
}

asio::awaitable<ScratchLogin> wait_for_login(const ScratchServer& server,
                                             const SessionFactory& connect,
                                             const std::vector<std::string>& users,
                                             std::chrono::seconds limit, RecoveryWatch& watch,
                                             const JobContext& job) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const std::vector<ScratchLogin> candidates = candidates_of(users);
    std::size_t next = 0;
    for (;;) {
        job.throw_if_stopped();
        require_running(server, job);
        co_await watch.look();
        try {
            if (server.ready()) {
                co_return co_await log_in(server, connect, candidates.at(next), job);
            }
        } catch (const Error& error) {
            const bool gone = error.code() == ErrorCode::connection;  // seen above, next time
            const bool stopped = error.code() == ErrorCode::cancelled;
            if (stopped || (!gone && ++next == candidates.size())) throw;
            if (!gone) continue;
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw Error(ErrorCode::stalled,
                        "recovery has not ended after " + human_duration(limit));
        }
        timer.expires_after(between_logins);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

ConnectOptions scratch_connection(const ScratchServer& server, const ScratchLogin& login) {
    ConnectOptions options;
    options.conninfo = "host=" + conninfo_value(server.places().run.string()) +
                       " port=" + std::to_string(scratch_server_port) +
                       " user=" + conninfo_value(login.user);
    if (login.superuser) {
        options.conninfo +=
            " options=" + conninfo_value(scratch_session_options(server.profile().major));
    }
    options.replication = false;
    options.database = common_database;
    return options;
}

}  // namespace tsb

// The half of InPlaceRun that deals with the server that runs on the restored data.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/drill_checks.hpp"
#include "core/ops/in_place_plan.hpp"
#include "core/ops/in_place_run.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds between_looks{200};
constexpr std::chrono::seconds between_tellings{30};
/// A server that is being restarted has no postmaster.pid for a moment.
constexpr std::chrono::seconds gone_for_good{10};
constexpr std::size_t watched_log_lines = 200;

}  // namespace

void InPlaceRun::start_blocking() {
    if (options_.server.start_command.empty()) return;
    job_.info("starting the server by its start_command");
    try {
        run_server_command(options_.server.start_command, options_.server.command_limit, job_.stop);
    } catch (const Error& error) {
        // "pg_ctl start" gives up on a long recovery, and the server goes on.
        if (error.code() == ErrorCode::cancelled || !has_postmaster_file(data_)) throw;
        job_.warn(std::string("the server runs, though its start_command failed: ") + error.what());
    }
}

asio::awaitable<void> InPlaceRun::start_server() {
    job_.progress.phase = Phase::starting;
    std::function<void()> work = [this] { start_blocking(); };
    co_await run_on_thread(std::move(work));
    last_seen_ = std::chrono::steady_clock::now();
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        job_.throw_if_stopped();
        require_present();
        if (seen_ && watch_) co_await watch_->look();
        const bool ready = seen_ && co_await accepts_writes();
        if (ready) break;
        timer.expires_after(between_looks);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    report_.started = true;
    report_.down = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - stopped_at_);
    job_.info("the server accepts writes");
}

/// Throws when there is no server, and none will come by itself.
void InPlaceRun::require_present() {
    const auto now = std::chrono::steady_clock::now();
    if (has_postmaster_file(data_)) {
        if (!seen_) seen_first();
        seen_ = true;
        last_seen_ = now;
        return;
    }
    if (seen_ && now - last_seen_ > gone_for_good) {
        throw Error(ErrorCode::server_error, "PostgreSQL ended on the restored data",
                    "its log tells why");
    }
    if (!seen_ && now - last_seen_ > options_.server.start_limit) {
        throw Error(
            ErrorCode::stalled,
            "nothing started the server within " + human_duration(options_.server.start_limit),
            "start it, or set restore.start_command of the cluster; with --no-start a "
            "restore does not wait for it");
    }
}

void InPlaceRun::seen_first() {
    job_.progress.phase = Phase::recovering;
    const std::filesystem::path log = server_log_file(data_);
    if (!log.empty()) log_ = log;
    if (!backup_) return;  // an undo: the old data recovers from whatever it was stopped by
    RecoveryWatch::Log log_end = [this] {
        std::string text;
        for (const std::string& line : last_lines(log_, watched_log_lines)) text += line + "\n";
        return text;
    };
    watch_.emplace(metadata().start_lsn, metadata().end_lsn, data_, std::move(log_end),
                   job_.progress);
}

/// A long recovery and a wrong connection look alike from here; who reads this can tell.
void InPlaceRun::tell_wait(const Error& error) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < between_tellings) return;
    if (told_ != std::chrono::steady_clock::time_point()) {
        job_.info(std::string("the server does not accept connections yet: ") + error.what());
    }
    told_ = now;
}

asio::awaitable<bool> InPlaceRun::accepts_writes() {
    try {
        const ConnectOptions base = connection();
        const auto session = co_await open_sql_session(connect_, base, base.database, job_.stop);
        const auto result =
            co_await session->execute("SELECT pg_is_in_recovery()::text", sql_answer_limit);
        require_shape(result, 1, 1);
        if (text_field(result, 0, 0) != "false") co_return false;
        co_await session->execute("SELECT pg_current_xact_id()", sql_answer_limit);
        co_return true;
    } catch (const Error& error) {
        const bool may_pass = error.code() == ErrorCode::connection;
        if (!may_pass) throw;
        tell_wait(error);
    }
    co_return false;
}

asio::awaitable<void> InPlaceRun::check(const Metadata& metadata) {
    job_.progress.phase = Phase::checking;
    const ConnectOptions base = connection();
    const DrillFindings findings =
        co_await look_at_cluster(connect_, base, metadata, RowCounts::estimated, job_);
    for (const DrilledDatabase& database : findings.databases) {
        report_.databases.push_back(database.name);
    }
    for (const std::string& note : findings.notes) report_.notes.push_back(note);
    if (findings.problems.empty()) co_return;
    for (const std::string& problem : findings.problems) job_.warn(problem);
    throw Error(ErrorCode::server_error,
                "the server runs on the restored data, but: " + findings.problems.front());
}

}  // namespace tsb

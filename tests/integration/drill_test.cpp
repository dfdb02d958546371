// Drills against real servers: what passes, what is found, and that nothing else is touched.
#include <pwd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>

#include "core/base/error.hpp"
#include "core/ops/drill.hpp"
#include "core/pg/libpq_session.hpp"
#include "tests/integration/ground.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_coroutine.hpp"

using namespace tsb::test;
using tsb::ErrorCode;
using tsb::Phase;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

std::optional<tsb::FileOwner> owner_of_servers() {
    if (server_user().empty()) return std::nullopt;
    const passwd* const entry = getpwnam(server_user().c_str());
    return tsb::FileOwner{entry->pw_uid, entry->pw_gid};
}

/// Drills of a daemon's backups, run in this process.
class Rehearsal {
public:
    Rehearsal(const Daemon& daemon, PgVersion version)
        : repository_(tsb::Repository::open(tsb::real_fs(), daemon.repository())) {
        options.cluster = "main";
        options.place = scratch_ / "drills";
        options.owner = owner_of_servers();
        options.server_binaries = {server_programs(version)};
    }

    /// Throws what the drill throws.
    tsb::DrillReport drill(const std::string& id) {
        options.backup = id;
        tsb::JobContext job("drill", stop.get_token(), meter);
        tsb::DrillReport report;
        run_coroutine(run(job, report));
        return report;
    }
    ErrorCode failure(const std::string& id) {
        try {
            drill(id);
        } catch (const tsb::Error& error) {
            INFO(error.what());
            return error.code();
        }
        return ErrorCode::internal;
    }
    /// Requests a stop as soon as the drill is in `phase` after it was in `before`.
    void stop_in(Phase before, Phase phase) { stop_after_ = {before, phase}; }
    std::string leftovers() const { return drill_leftovers(options.place); }

    tsb::DrillOptions options;
    tsb::ProgressMeter meter;
    std::stop_source stop;

private:
    asio::awaitable<void> run(tsb::JobContext& job, tsb::DrillReport& report) {
        const auto loop = co_await asio::this_coro::executor;
        if (!stop_after_.empty()) asio::co_spawn(loop, watch(), asio::detached);
        const tsb::SessionFactory connect = tsb::libpq_sessions();
        std::exception_ptr failure;
        try {
            report =
                co_await tsb::drill_backup(options, repository_, connect, tsb::system_clock(), job);
        } catch (...) {
            failure = std::current_exception();
        }
        ended_ = true;
        if (failure) std::rethrow_exception(failure);
    }
    asio::awaitable<void> watch() {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (const Phase wanted : stop_after_) {
            while (meter.phase != wanted && !ended_) {
                timer.expires_after(std::chrono::microseconds(200));
                co_await timer.async_wait(asio::use_awaitable);
            }
        }
        stop.request_stop();
    }

    Scratch scratch_;
    tsb::Repository repository_;
    std::vector<Phase> stop_after_;
    bool ended_ = false;
};

const tsb::DrilledDatabase* find(const tsb::DrillReport& report, const std::string& name) {
    for (const auto& database : report.databases) {
        if (database.name == name) return &database;
    }
    return nullptr;
}

std::string lines_of(const std::vector<std::string>& list) {
    std::string text;
    for (const auto& line : list) text += line + "\n";
    return text;
}

void check_good(const tsb::DrillReport& report) {
    CHECK(lines_of(report.problems).empty());
    CHECK(lines_of(report.notes).empty());
    CHECK(report.restored_in.count() > 0);
    CHECK(report.recovered_in.count() > 0);
}

void overwrite(const fs::path& file, std::uintmax_t offset, const std::string& bytes) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream << bytes;
    if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

/// Everything a configuration can ask of a server that reaches beyond it; `place` would show it.
void ask_for_much(PgServer& source, const fs::path& place) {
    for (const std::string setting : {"archive_command", "restore_command", "recovery_end_command",
                                      "archive_cleanup_command"}) {
        source.query("alter system set " + setting + " = 'touch " + (place / setting).string() +
                     "'");
    }
    const std::string pid_file = "external_pid_file = '" + (place / "pid").string() + "'";
    const std::string log = "log_directory = '" + place.string() + "'";
    for (const std::string& setting :
         {std::string("archive_mode = 'always'"), std::string("logging_collector = on"),
          std::string("primary_conninfo = 'host=127.0.0.1 user=postgres'"),
          std::string("listen_addresses = '*'"), std::string("ssl = on"),
          std::string("shared_preload_libraries = 'nowhere'"), pid_file, log}) {
        source.query("alter system set " + setting);
    }
    if (source.version() == PgVersion::pg17) {
        source.query(
            "create function at_login() returns event_trigger language plpgsql as $$"
            " begin execute 'copy (select 1) to program ''touch " +
            (place / "login").string() +
            " '''; end $$;"
            " create event trigger at_login on login execute function at_login()");
    }
    source.query("alter role postgres set default_transaction_read_only = on");
}

}  // namespace

TEST_CASE("a drill proves a backup and touches nothing of the live cluster", "[drill]") {
    const Scratch spaces;
    for (const auto version : server_versions()) {
        auto& source = filled_server(version);
        const auto name = "space" + std::to_string(static_cast<int>(version));
        const auto space = spaces.directory(name);
        source.query("create tablespace " + name + " location '" + space.string() + "'");
        source.query("create table elsewhere tablespace " + name +
                     " as select g from generate_series(1, 5000) g");
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup();
        source.stop();
        const auto data = content_of(source.data());
        const auto elsewhere = content_of(space);
        const auto repository = content_of(daemon.repository() / "main/backups");

        Rehearsal rehearsal(daemon, version);
        const auto report = rehearsal.drill(id);

        check_good(report);
        CHECK(rehearsal.meter.replay_bytes > 0);
        CHECK(rehearsal.meter.replayed_bytes <= rehearsal.meter.replay_bytes);
        CHECK(report.backup_id == id);
        CHECK(rehearsal.leftovers().empty());
        CHECK((content_of(source.data()) == data));
        CHECK((content_of(space) == elsewhere));
        CHECK((content_of(daemon.repository() / "main/backups") == repository));
        const auto* shop = find(report, "shop");
        REQUIRE(shop != nullptr);
        CHECK(shop->contents.tables >= 5);
        CHECK(shop->size_bytes > 1000000);
        CHECK(find(report, "Quoted \"Name\" 'x'") != nullptr);
        if (version == PgVersion::pg17) {
            CHECK(shop->contents.hypertables == 1);
            CHECK(shop->contents.chunks > 10);
            CHECK(shop->contents.extensions.size() == 2);
        }
        source.start();
        CHECK(source.slots() == "0");
        source.query("drop table elsewhere");
        source.query("drop tablespace " + name);
    }
}

TEST_CASE("a drill tells what is wrong with a backup that restores", "[drill]") {
    PgServer source(PgVersion::pg15);
    source.start();
    source.query(
        "create table victim as select g, repeat('x', 100) from generate_series(1, 5000) g");
    source.query("checkpoint");
    const auto file = source.data() / source.query("select pg_relation_filepath('victim')");
    source.stop();
    RunOptions by_server_user;
    by_server_user.as_server_user = true;
    must_run({source.program("pg_checksums"), "--disable", "-D", source.data()}, by_server_user);
    overwrite(file, 2 * 8192 + 24, std::string(40, '\x7F'));  // line pointers of the third page
    source.start();
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    CHECK(daemon.ctl({"verify", id}).status == 0);
    Rehearsal rehearsal(daemon, PgVersion::pg15);
    const auto report = rehearsal.drill(id);
    INFO(lines_of(report.problems));
    REQUIRE_FALSE(report.problems.empty());
    CHECK(contains(report.problems.front(), "pg_amcheck: heap table \"postgres.public.victim\""));
    CHECK(rehearsal.leftovers().empty());
}

TEST_CASE("a drill tells of stored bytes that changed", "[drill]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup({"--compress", "none"});
    const auto archive = daemon.backup_directory(id) / "base.tar";
    overwrite(archive, fs::file_size(archive) / 2, "changed");
    Rehearsal rehearsal(daemon, PgVersion::pg15);
    const auto report = rehearsal.drill(id);
    REQUIRE(report.problems.size() == 1);
    INFO(report.problems.front());
    CHECK(contains(report.problems.front(), "digest"));
    CHECK(rehearsal.leftovers().empty());
}

TEST_CASE("what is no fault of the backup is said before anything is written", "[drill]") {
    auto& source = filled_server(PgVersion::pg15);
    Daemon daemon(source);
    daemon.start();
    const auto id = daemon.backup();
    Rehearsal rehearsal(daemon, PgVersion::pg15);
    const auto options = rehearsal.options;

    rehearsal.options.server_binaries = {"/nowhere/17/bin"};
    CHECK(rehearsal.failure(id) == ErrorCode::version_mismatch);
    rehearsal.options = options;
    rehearsal.options.place = options.place.parent_path() / std::string(90, 'd');
    CHECK(rehearsal.failure(id) == ErrorCode::usage);
    rehearsal.options = options;
    CHECK(rehearsal.failure("cluster_backup_20200101_000000") == ErrorCode::not_found);
    CHECK_FALSE(fs::exists(options.place));

    rehearsal.options.users = {"nobody knows", "nor \\'this"};
    CHECK(rehearsal.failure(id) == ErrorCode::authentication);
    CHECK(rehearsal.leftovers().empty());
    rehearsal.options.users = {"nobody knows", "postgres"};
    check_good(rehearsal.drill(id));
}

TEST_CASE("a drill that is stopped leaves nothing, wherever it is", "[drill]") {
    const auto version = server_versions().back();
    Daemon daemon(filled_server(version));
    daemon.start();
    const auto id = daemon.backup();
    struct Row {
        Phase before;
        Phase phase;
    };
    for (const Row& row :
         {Row{Phase::checking, Phase::extracting}, Row{Phase::extracting, Phase::recovering},
          Row{Phase::recovering, Phase::checking}}) {
        CAPTURE(tsb::to_string(row.phase));
        Rehearsal rehearsal(daemon, version);
        rehearsal.stop_in(row.before, row.phase);
        CHECK(rehearsal.failure(id) == ErrorCode::cancelled);
        CHECK(rehearsal.leftovers().empty());
    }
}

TEST_CASE("what a backup's own settings ask for is not done", "[drill]") {
    const Scratch outside;
    const auto place = outside.directory("outside");
    for (const auto version : server_versions()) {
        PgServer source(version);
        source.start();
        ask_for_much(source, place);
        Daemon daemon(source);
        daemon.start();
        const auto id = daemon.backup();
        source.stop();
        fs::remove(place / "login");  // where the source's own sessions leave it
        Rehearsal rehearsal(daemon, version);
        check_good(rehearsal.drill(id));
        CHECK(fs::is_empty(place));
    }
}

TEST_CASE("what a killed drill left is removed by the next one", "[drill]") {
    Daemon daemon(filled_server(PgVersion::pg15));
    daemon.start();
    const auto id = daemon.backup();
    Rehearsal rehearsal(daemon, PgVersion::pg15);
    const auto left = rehearsal.options.place / ("drill-" + id);
    fs::create_directories(left / "data/base");
    write_file(left / "tsbackup_drill", "");
    write_file(left / "data/PG_VERSION", "15\n");
    check_good(rehearsal.drill(id));
    CHECK(rehearsal.leftovers().empty());
}

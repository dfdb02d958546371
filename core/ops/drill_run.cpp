#include "core/ops/drill_run.hpp"

#include <unistd.h>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/drill_checks.hpp"
#include "core/ops/libc_family.hpp"
#include "core/ops/restore.hpp"
#include "core/ops/restore_preflight.hpp"
#include "core/ops/run_on.hpp"
#include "core/ops/server_binaries.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::hours amcheck_limit{24 * 7};  // the job has a limit of its own
constexpr const char* amcheck_program = "pg_amcheck";

RestoreOptions restore_options(const DrillOptions& options, const std::string& backup_id) {
    RestoreOptions restore;
    restore.cluster = options.cluster;
    restore.backup = backup_id;
    restore.owner = options.owner;
    restore.server_binaries = options.server_binaries;
    restore.only_mapped_tablespaces = true;
    return restore;
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start, const Clock& clock) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - start);
}

}  // namespace

DrillRun::DrillRun(const DrillOptions& options, Repository& repository,
                   const SessionFactory& connect, const Clock& clock, JobContext& job)
    : options_(options), repository_(repository), connect_(connect), clock_(clock), job_(job) {}

void DrillRun::note(const std::string& text) {
    job_.info(text);
    report_.notes.push_back(text);
}

void DrillRun::add_problem(const std::string& text) {
    job_.warn(text);
    report_.problems.push_back(text);
}

asio::awaitable<void> DrillRun::prepare() {
    job_.progress.phase = Phase::checking;
    std::function<void()> work = [this] { prepare_blocking(); };
    co_await run_on_thread(std::move(work));
}

void DrillRun::prepare_blocking() {
    backup_ = repository_.open_backup(options_.cluster, options_.backup);
    const Metadata& metadata = backup_->metadata;
    report_.backup_id = backup_->id;
    if (!options_.place.is_absolute() || !options_.place.has_filename()) {
        throw Error(ErrorCode::usage, "cannot drill in '" + printable(options_.place.string()) +
                                          "': not an absolute path of a directory");
    }
    binaries_ = server_binaries_of(metadata.server_major(), options_.server_binaries);
    RestoreOptions restore = restore_options(options_, backup_->id);
    restore.target = options_.place / drill_directory_name(backup_->id);
    require_short_socket(restore.target / "run");
    owner_ = restore_owner(repository_.fs(), restore);
    if (geteuid() == 0 && owner_) account_ = Account{owner_->uid, owner_->gid};
    if (has_timescaledb(metadata)) {
        require_timescaledb_libraries(metadata, library_directories(binaries_, account_));
    }
    for (const std::string& name : remove_drill_leftovers(repository_.fs(), options_.place)) {
        job_.info("removed what a killed drill left: " + name);
    }
    scratch_.emplace(repository_.fs(), options_.place, backup_->id, owner_);
}

asio::awaitable<bool> DrillRun::restore() {
    std::function<void()> work = [this] { restore_blocking(); };
    co_await run_on_thread(std::move(work));
    co_return report_.problems.empty();
}

void DrillRun::restore_blocking() {
    RestoreOptions restore = restore_options(options_, backup_->id);
    restore.owner = owner_;
    restore.target = scratch_->data();
    for (const TablespaceInfo& tablespace : backup_->metadata.tablespaces) {
        if (!tablespace.location.starts_with('/')) continue;
        restore.tablespace_map[tablespace.location] = scratch_->tablespace(tablespace.oid).string();
    }
    const auto begun = clock_.steady_now();
    try {
        restore_backup(repository_, restore, job_);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        add_problem(error.what());
    }
    report_.restored_in = since(begun, clock_);
}

asio::awaitable<void> DrillRun::start() {
    job_.throw_if_stopped();
    job_.progress.phase = Phase::starting;
    started_ = clock_.steady_now();
    std::function<void()> work = [this] { start_blocking(); };
    co_await run_on_thread(std::move(work));
}

ScratchProfile DrillRun::profile() const {
    ScratchProfile profile;
    profile.major = backup_->metadata.server_major();
    profile.timescaledb = has_timescaledb(backup_->metadata);
    profile.name = drill_directory_name(backup_->id);
    return profile;
}

void DrillRun::start_blocking() {
    ScratchPlaces places;
    places.binaries = binaries_;
    places.data = scratch_->data();
    places.run = scratch_->run();
    server_ = std::make_unique<ScratchServer>(repository_.fs(), places, profile(), account_);
}

/// True, with the problem noted, when the server ended for what it found in the backup.
bool DrillRun::has_ended() {
    try {
        require_running(*server_, job_);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        add_problem(error.what());
    }
    return server_->ended();
}

asio::awaitable<bool> DrillRun::recover() {
    job_.progress.phase = Phase::recovering;
    RecoveryWatch::Log log = [this] { return server_->log(); };
    RecoveryWatch watch(backup_->metadata.start_lsn, backup_->metadata.end_lsn, scratch_->data(),
                        std::move(log), job_.progress);
    try {
        login_ = co_await wait_for_login(*server_, connect_, options_.users,
                                         options_.recovery_limit, watch, job_);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        add_problem(error.what());
        co_return false;
    }
    report_.recovered_in = since(started_, clock_);
    const auto in_all = std::chrono::ceil<std::chrono::seconds>(report_.time_to_recovery());
    job_.info("restored and recovered in " + human_duration(in_all));
    co_return true;
}

asio::awaitable<void> DrillRun::look_at_databases() {
    job_.progress.phase = Phase::checking;
    const ConnectOptions server = connection();
    DrillFindings findings =
        co_await look_at_cluster(connect_, server, backup_->metadata, options_.rows, job_);
    // That it is lost would else be told as a problem of each database.
    if (has_ended()) co_return;
    report_.databases = std::move(findings.databases);
    for (const std::string& text : findings.notes) note(text);
    for (const std::string& text : findings.problems) add_problem(text);
}

asio::awaitable<void> DrillRun::check_relations() {
    std::error_code ignored;
    if (sort_differently(libc_of(backup_->metadata), libc_of_program(program("postgres")))) {
        // Each index on text would be a finding, and none the backup's fault.
        note(
            "not checked with pg_amcheck: PostgreSQL has another C library here, which sorts "
            "texts differently");
    } else if (!login_.superuser) {
        note("not checked with pg_amcheck: no superuser of the backup may log in");
    } else if (!std::filesystem::exists(program(amcheck_program), ignored)) {
        note("not checked with pg_amcheck: it is not in '" + printable(binaries_.string()) + "'");
    } else {
        std::function<void()> work = [this] { check_relations_blocking(); };
        co_await run_on_thread(std::move(work));
    }
}

void DrillRun::check_relations_blocking() {
    Command command = client_command(amcheck_program);
    for (const char* const argument :
         {"--all", "--install-missing", "--no-strict-names", "--jobs=1"}) {
        command.argv.emplace_back(argument);
    }
    command.limit = amcheck_limit;
    const CommandOutcome outcome = run_command(command, job_.stop);
    constexpr int found_corruption = 2;
    if (outcome.end == CommandEnd::exited && outcome.status == found_corruption) {
        for (const std::string& finding : amcheck_findings(outcome.output)) add_problem(finding);
    } else if (const std::optional<Error> failure = failure_of(command, outcome)) {
        if (failure->code() == ErrorCode::cancelled) throw Error(*failure);
        // What the server may have died of lies in what it read.
        if (outcome.output.find("server closed the connection") != std::string::npos) {
            add_problem("the server ended while pg_amcheck read from it");
        } else {
            note(std::string("not checked with pg_amcheck: ") + failure->what());
        }
    }
}

Command DrillRun::client_command(const std::string& name) const {
    Command command({program(name).string(), "--host", scratch_->run().string(), "--port",
                     std::to_string(scratch_server_port), "--username", login_.user});
    command.environment = {"PGOPTIONS=" +
                           scratch_session_options(backup_->metadata.server_major())};
    command.account = account_;
    return command;
}

asio::awaitable<void> DrillRun::complete(asio::awaitable<void> steps) {
    std::exception_ptr failure;
    try {
        co_await std::move(steps);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await clear_up();
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> DrillRun::clear_up() {
    job_.progress.phase = Phase::finishing;
    std::function<void()> work = [this] { clear_up_blocking(); };
    co_await run_on_thread(std::move(work));
}

void DrillRun::clear_up_blocking() noexcept {
    try {
        if (server_) server_->stop();
        if (scratch_) scratch_->remove();
    } catch (const std::exception& error) {
        job_.warn(std::string("the drill's directory stays behind: ") + error.what());
        report_.notes.emplace_back(std::string("the drill's directory stays behind: ") +
                                   error.what());
    }
}

void require_no_problem(const DrillReport& report, const std::string& verb) {
    if (report.problems.empty()) return;
    throw Error(ErrorCode::damaged,
                "cannot " + verb + " '" + report.backup_id + "': " + report.problems.front(),
                "'verify' tells whether its stored bytes have changed");
}

}  // namespace tsb

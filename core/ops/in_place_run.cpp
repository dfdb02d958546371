#include "core/ops/in_place_run.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/ops/auto_conf.hpp"
#include "core/ops/in_place_plan.hpp"
#include "core/ops/restore.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/pg_control.hpp"
#include "core/pg/result_fields.hpp"
#include "core/pg/sql_session.hpp"

namespace tsb {

namespace asio = boost::asio;
namespace fsys = std::filesystem;

namespace {

constexpr const char* auto_conf_file = "postgresql.auto.conf";
constexpr std::size_t shown_log_lines = 10;
constexpr std::uint64_t auto_conf_limit = 16 << 20;

Error nothing_kept(const fsys::path& data) {
    return {ErrorCode::not_found, "cannot undo: no restore in place keeps anything of '" +
                                      printable(data.string()) + "'"};
}

/// postgresql.auto.conf without our settings, which have done their work. A running server reads it
/// when it is told to reload.
void drop_recovery_settings(Fs& fs, int data) {
    if (!fs.status(data, auto_conf_file)) return;
    const std::string before = read_whole_file(fs, data, auto_conf_file, auto_conf_limit);
    const std::string after = without_our_recovery_settings(before);
    if (after == before) return;
    const std::string beside = std::string(auto_conf_file) + ".tsbackup";
    if (fs.status(data, beside)) fs.remove_file(data, beside);
    const FileStatus like = fs.status(data, auto_conf_file).value();
    Fd file = fs.create_file(data, beside, 0600);
    write_all(fs, file.get(), as_bytes(after), beside);
    fs.set_owner(file.get(), like.uid, like.gid);
    fs.set_mode(file.get(), like.mode);
    fs.sync(file.get());
    fs.close(std::move(file));
    fs.rename(data, beside, data, auto_conf_file, RenameMode::replace);
    fs.sync(data);
}

}  // namespace

InPlaceRun::InPlaceRun(const InPlaceOptions& options, Fs& fs, const SessionFactory& connect,
                       JobContext& job, InPlaceReport& report)
    : options_(options), fs_(fs), connect_(connect), job_(job), report_(report) {}

asio::awaitable<void> InPlaceRun::prepare(Repository& repository, const Clock& clock) {
    job_.progress.phase = Phase::checking;
    std::function<void()> work = [&] { prepare_blocking(repository, clock); };
    co_await run_on_thread(std::move(work));
    co_await require_no_hidden_server();
    std::function<void()> write = [&] { write_journal(fs_, exchange_->journal()); };
    co_await run_on_thread(std::move(write));
}

asio::awaitable<bool> InPlaceRun::prepare_undo() {
    job_.progress.phase = Phase::checking;
    std::function<bool()> work = [this] { return prepare_undo_blocking(); };
    co_return co_await run_on_thread(std::move(work));
}

// A server may run on the data: then it can be started, so nothing of it is left to be moved.
bool InPlaceRun::lock_and_settle() {
    data_ = real_data_directory(options_.server.data_directory);
    report_.data_directory = data_;
    lock_ = lock_data_directory(fs_, data_);
    remove_unfinished_journals(fs_, data_);
    bool old_is_back = false;
    for (const InPlaceJournal& journal : find_journals(fs_, data_)) {
        if (is_settled(journal.state)) continue;
        InPlaceExchange unfinished(fs_, journal);
        unfinished.settle();
        job_.warn("settled the interrupted restore in place of " + journal.backup_id);
        const InPlaceState settled = unfinished.journal().state;
        if (settled == InPlaceState::staged) unfinished.discard();
        old_is_back = journal.state != InPlaceState::staged && settled != InPlaceState::restored;
        if (old_is_back) report_.backup_id = journal.backup_id;
    }
    return old_is_back;
}

void InPlaceRun::require_stopped() const {
    const PostmasterSight postmaster = look_for_postmaster(data_);
    if (!postmaster.seen()) return;
    throw Error(ErrorCode::busy,
                "cannot exchange '" + printable(data_.string()) + "': a server runs on it (pid " +
                    std::to_string(postmaster.pid) + "), though it was stopped",
                "something starts it by itself: set restore.stop_command and start_command to what "
                "keeps it stopped meanwhile");
}

void InPlaceRun::prepare_blocking(Repository& repository, const Clock& clock) {
    backup_ = repository.open_backup(options_.cluster, options_.backup);
    lock_and_settle();
    report_.backup_id = backup_->id;
    InPlaceOptions chosen = options_;
    chosen.backup = backup_->id;
    const InPlacePlan plan = plan_restore_in_place(repository, chosen, clock);
    if (!plan.restore.refusals.empty()) throw Error(plan.restore.refusals.front());
    report_.notes = plan.restore.notes;

    InPlaceJournal journal;
    journal.begun = clock.now();
    journal.stamp = free_stamp(fs_, plan.places, journal.begun);
    journal.cluster = options_.cluster;
    journal.backup_id = backup_->id;
    journal.places = plan.places;
    staging_ = staging_options(chosen, backup_->id, plan.places);
    staging_->owner = plan.restore.owner;
    exchange_.emplace(fs_, std::move(journal));
}

bool InPlaceRun::prepare_undo_blocking() {
    report_.undone = lock_and_settle();  // that was what an undo is asked for
    if (report_.undone) return false;
    const std::vector<InPlaceJournal> journals = find_journals(fs_, data_);
    const auto newest = std::find_if(journals.rbegin(), journals.rend(), [](const auto& journal) {
        return journal.state == InPlaceState::restored || journal.state == InPlaceState::leaving;
    });
    if (newest == journals.rend()) throw nothing_kept(data_);
    report_.backup_id = newest->backup_id;
    const PostmasterSight postmaster = look_for_postmaster(data_);
    require_stoppable(postmaster, options_.server);
    exchange_.emplace(fs_, *newest);
    exchange_->announce_undo();
    return true;
}

ConnectOptions InPlaceRun::connection() const {
    ConnectOptions sql = options_.server.connection;
    sql.replication = false;
    return sql;
}

// Of a server in another pid namespace postmaster.pid tells nothing that can be used.
asio::awaitable<void> InPlaceRun::require_no_hidden_server() {
    const bool cared_for = look_for_postmaster(data_).seen() ||
                           !options_.server.stop_command.empty() || !has_postmaster_file(data_);
    if (cared_for) co_return;
    std::string answer;
    try {
        const ConnectOptions base = connection();
        const auto session = co_await open_sql_session(connect_, base, base.database, job_.stop);
        const auto result = co_await session->execute(
            "SELECT system_identifier FROM pg_control_system()", sql_answer_limit);
        require_shape(result, 1, 1);
        answer = text_field(result, 0, 0);
    } catch (const Error&) {
        co_return;  // nobody answers
    }
    if (answer != std::to_string(backup_->metadata.system_identifier)) co_return;
    throw Error(ErrorCode::refused,
                "cannot restore to '" + printable(data_.string()) +
                    "': its server answers, but its process cannot be seen from here",
                "share the pid namespace with it, or set restore.stop_command, or stop it");
}

asio::awaitable<void> InPlaceRun::extract(Repository& repository) {
    std::function<RestoreReport()> work = [&] {
        return restore_backup(repository, *staging_, job_);
    };
    const RestoreReport restored = co_await run_on_thread(std::move(work));
    report_.restored_bytes = restored.restored_bytes;
    report_.restored_files = restored.restored_files;
}

asio::awaitable<void> InPlaceRun::stop_server() {
    job_.throw_if_stopped();
    job_.progress.phase = Phase::stopping;
    std::function<void()> work = [this] { stop_blocking(); };
    co_await run_on_thread(std::move(work));
}

void InPlaceRun::stop_blocking() {
    stopped_at_ = std::chrono::steady_clock::now();
    const PostmasterSight postmaster = look_for_postmaster(data_);
    log_ = server_log_file(data_);
    if (!postmaster.seen() && !has_postmaster_file(data_)) return;
    if (!options_.server.stop_command.empty()) {
        stopped_ = true;
        job_.info("stopping the server by its stop_command");
        run_server_command(options_.server.stop_command, options_.server.command_limit, job_.stop);
        await_postmaster_end(data_, options_.server.command_limit, job_.stop);
    } else if (postmaster.seen()) {
        stopped_ = true;
        job_.info("stopping the server: fast shutdown of process " +
                  std::to_string(postmaster.pid));
        stop_postmaster(postmaster, options_.server.command_limit, job_.stop);
    }
}

asio::awaitable<void> InPlaceRun::exchange() {
    job_.throw_if_stopped();
    job_.progress.phase = Phase::exchanging;
    std::function<void()> work = [this] { exchange_blocking(); };
    co_await run_on_thread(std::move(work));
}

void InPlaceRun::exchange_blocking() {
    exchange_->exchange([this] { require_stopped(); });
    const InPlaceJournal& journal = exchange_->journal();
    if (!journal.data().had_old) return;
    report_.kept_at = names_of(journal.data(), journal.stamp).aside_path();
    job_.info("restored data is in place; the old data is kept at " + report_.kept_at.string());
}

asio::awaitable<void> InPlaceRun::exchange_back() {
    job_.progress.phase = Phase::exchanging;
    std::function<void()> work = [this] {
        exchange_->undo([this] { require_stopped(); });
        report_.undone = true;
        const InPlaceJournal& journal = exchange_->journal();
        report_.kept_at = names_of(journal.data(), journal.stamp).undone_path();
        job_.info("the old data is back; what was restored is kept at " + report_.kept_at.string());
    };
    co_await run_on_thread(std::move(work));
}

asio::awaitable<void> InPlaceRun::stay() {
    std::function<void()> work = [this] {
        try {
            if (exchange_->journal().state == InPlaceState::leaving) exchange_->stay();
        } catch (const Error& error) {
            job_.warn(std::string("cannot note that the restored data stays: ") + error.what());
        }
    };
    co_await run_on_thread(std::move(work));
}

asio::awaitable<void> InPlaceRun::measure_kept() {
    if (!exchange_) co_return;  // settled, and nothing is kept
    std::function<void()> work = [this] {
        exchange_->measure();
        report_.kept_bytes = exchange_->journal().kept_bytes;
    };
    co_await run_on_thread(std::move(work));
}

Error InPlaceRun::with_way_out(const Error& error) {
    const fsys::path log = server_log_file(data_);
    report_.server_log = last_lines(log.empty() ? log_ : log, shown_log_lines);
    for (const std::string& line : report_.server_log) job_.warn("the server's log: " + line);
    std::string hint = error.hint();
    if (!report_.undone && !report_.kept_at.empty()) {
        hint += std::string(hint.empty() ? "" : "; ") +
                "the restored data is in place; to put the old data back: tsbackupctl restore "
                "--undo --cluster " +
                options_.cluster;
    }
    return {error.code(), error.what(), hint};
}

void InPlaceRun::tidy_blocking() {
    const Fd data = fs_.open_root(data_);
    for (const char* retired : {"backup_label.old", "tablespace_map.old"}) {
        if (fs_.status(data.get(), retired)) fs_.remove_file(data.get(), retired);
    }
    drop_recovery_settings(fs_, data.get());
}

asio::awaitable<void> InPlaceRun::tidy() {
    job_.progress.phase = Phase::finishing;
    std::function<void()> work = [this] { tidy_blocking(); };
    co_await run_on_thread(std::move(work));
}

asio::awaitable<void> InPlaceRun::give_up() {
    std::function<void()> work = [this] { give_up_blocking(); };
    co_await run_on_thread(std::move(work));
}

void InPlaceRun::give_up_blocking() noexcept {
    try {
        if (!exchange_ || is_settled(exchange_->journal().state)) return;
        exchange_->settle();
        if (exchange_->journal().state == InPlaceState::staged) exchange_->discard();
        if (!stopped_ || options_.server.start_command.empty()) return;
        job_.info("starting the server on its old data again");
        run_server_command(options_.server.start_command, options_.server.command_limit,
                           std::stop_token());  // also after a request to stop
    } catch (const std::exception& error) {
        job_.warn(std::string("cannot put everything back: ") + error.what() +
                  "; 'tsbackupctl restore --undo' goes on with it");
    }
}

}  // namespace tsb

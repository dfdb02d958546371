#include "core/ops/restore_in_place.hpp"

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/in_place_plan.hpp"
#include "core/ops/in_place_run.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

enum class Exchanged { to_restored, to_old };

/// The server comes up on what is in place now and is looked at; how much is kept is told also when
/// that fails.
asio::awaitable<void> prove(InPlaceRun& run, Exchanged exchanged) {
    std::exception_ptr failure;
    try {
        if (run.starts()) {
            co_await run.start_server();
            if (exchanged == Exchanged::to_restored) {
                co_await run.check(run.metadata());
                co_await run.tidy();
            }
        }
    } catch (const Error& error) {
        failure = std::make_exception_ptr(run.with_way_out(error));
    }
    co_await run.measure_kept();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

asio::awaitable<void> restore_in_place(const InPlaceOptions& options, Repository& repository,
                                       const SessionFactory& connect, const Clock& clock,
                                       JobContext& job, InPlaceReport& report) {
    InPlaceRun run(options, repository.fs(), connect, job, report);
    std::exception_ptr failure;
    try {
        co_await run.prepare(repository, clock);
        co_await run.extract(repository);
        co_await run.stop_server();
        co_await run.exchange();
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        co_await run.give_up();
        std::rethrow_exception(failure);
    }
    co_await prove(run, Exchanged::to_restored);
    job.progress.phase = Phase::done;
}

asio::awaitable<void> undo_restore_in_place(const InPlaceOptions& options, Fs& fs,
                                            const SessionFactory& connect, JobContext& job,
                                            InPlaceReport& report) {
    InPlaceRun run(options, fs, connect, job, report);
    const bool kept = co_await run.prepare_undo();
    std::exception_ptr failure;
    try {
        if (kept) {
            co_await run.stop_server();
            co_await run.exchange_back();
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        co_await run.stay();
        std::rethrow_exception(failure);
    }
    co_await prove(run, Exchanged::to_old);
    job.progress.phase = Phase::done;
}

std::vector<KeptData> kept_data(Fs& fs, const std::filesystem::path& data_directory) {
    std::vector<KeptData> kept;
    for (const InPlaceJournal& journal : find_journals(fs, real_data_directory(data_directory))) {
        const PlaceNames names = names_of(journal.data(), journal.stamp);
        KeptData each;
        each.state = journal.state;
        each.path =
            journal.state == InPlaceState::undone ? names.undone_path() : names.aside_path();
        each.backup_id = journal.backup_id;
        each.since = journal.begun;
        each.bytes = journal.kept_bytes;
        kept.push_back(std::move(each));
    }
    return kept;
}

std::vector<KeptData> clean_up_kept(Fs& fs, const std::filesystem::path& data_directory) {
    const std::filesystem::path data = real_data_directory(data_directory);
    const Fd lock = lock_data_directory(fs, data);
    remove_unfinished_journals(fs, data);
    std::vector<KeptData> removed = kept_data(fs, data);
    for (const InPlaceJournal& journal : find_journals(fs, data)) {
        InPlaceExchange exchange(fs, journal);
        exchange.settle();
        if (exchange.journal().state == InPlaceState::staged) {
            exchange.discard();
        } else {
            exchange.clean_up();
        }
    }
    return removed;
}

}  // namespace tsb

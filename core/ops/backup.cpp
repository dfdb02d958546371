#include "core/ops/backup.hpp"

#include <boost/asio/this_coro.hpp>

#include "core/ops/backup_run.hpp"

namespace tsb {

namespace asio = boost::asio;

asio::awaitable<Metadata> run_backup(const BackupOptions& options, Repository& repository,
                                     const SessionFactory& connect, const Clock& clock,
                                     JobContext& job) {
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    BackupRun run(loop, options, repository, connect, clock, job);
    Metadata metadata;
    std::exception_ptr failure;
    try {
        co_await run.connect_both();
        co_await run.check();
        co_await run.begin();
        co_await run.copy();
        co_await run.finish_streams();
        metadata = co_await run.prove_and_commit();
    } catch (...) {
        failure = run.root_cause(std::current_exception());
    }
    if (failure) {
        co_await run.give_up(failure);
        std::rethrow_exception(failure);
    }
    co_return metadata;
}

}  // namespace tsb

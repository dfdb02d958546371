#include "core/ops/drill.hpp"

#include "core/ops/drill_run.hpp"

namespace tsb {

namespace asio = boost::asio;

asio::awaitable<DrillReport> drill_backup(const DrillOptions& options, Repository& repository,
                                          const SessionFactory& connect, const Clock& clock,
                                          JobContext& job) {
    DrillRun run(options, repository, connect, clock, job);
    std::exception_ptr failure;
    try {
        co_await run.prepare();
        const bool restored = co_await run.restore();
        if (restored) {
            co_await run.start();
            const bool open = co_await run.recover();
            if (open) {
                co_await run.look_at_databases();
                co_await run.check_relations();
            }
        }
    } catch (...) {
        failure = std::current_exception();
    }
    co_await run.clear_up();
    if (failure) std::rethrow_exception(failure);
    co_return run.report();
}

}  // namespace tsb

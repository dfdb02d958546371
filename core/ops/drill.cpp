#include "core/ops/drill.hpp"

#include "core/ops/drill_run.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> drill_steps(DrillRun& run) {
    co_await run.prepare();
    const bool restored = co_await run.restore();
    if (!restored) co_return;
    co_await run.start();
    const bool open = co_await run.recover();
    if (!open) co_return;
    co_await run.look_at_databases();
    co_await run.check_relations();
}

}  // namespace

asio::awaitable<DrillReport> drill_backup(const DrillOptions& options, Repository& repository,
                                          const SessionFactory& connect, const Clock& clock,
                                          JobContext& job) {
    DrillRun run(options, repository, connect, clock, job);
    asio::awaitable<void> steps = drill_steps(run);
    co_await run.complete(std::move(steps));
    co_return run.report();
}

}  // namespace tsb

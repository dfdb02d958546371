#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "core/pg/libpq_session.hpp"
#include "daemon/app.hpp"
#include "daemon/repository_lock.hpp"
#include "daemon/verbs.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

bool writes_repository(const Request& request) {
    constexpr std::array writing = {"backup", "prune", "keep", "unkeep", "delete"};
    return std::find(writing.begin(), writing.end(), request.verb) != writing.end();
}

}  // namespace

int run_in_process(const Config& config, const Request& request, Presenter& presenter) {
    Repository repository = Repository::open(real_fs(), config.repository);
    const bool writes = writes_repository(request);
    if (writes) lock_and_recover(repository);

    asio::io_context loop(1);
    const Bookkeeping bookkeeping{.history = writes, .log = false};  // the presenter tells
    Service service(loop.get_executor(), config, repository, libpq_sessions(), system_clock(),
                    bookkeeping);
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code& cancelled, int) {
        if (cancelled) return;
        service.stop();
        signals.clear();  // a second Ctrl-C ends the process at once
    });

    const Caller caller = local_caller();
    const EmitEvent emit = [&](Json event) -> asio::awaitable<void> {
        presenter.event(std::move(event), std::chrono::steady_clock::now());
        co_return;
    };
    Outcome outcome;
    asio::co_spawn(loop, handle_request(service, caller, request, emit),
                   [&](const std::exception_ptr& thrown, Outcome result) {
                       outcome = thrown ? outcome_of(thrown) : std::move(result);
                       signals.cancel();
                   });
    loop.run();
    return presenter.finish(std::move(outcome));
}

Outcome init_repository(const Config& config) {
    if (!config.repository.has_relative_path()) {
        throw Error(
            ErrorCode::refused,
            "cannot make repository '" + config.repository.string() + "': it is the root directory",
            "give it a directory of its own, such as /var/lib/tsbackup");
    }
    const std::string uuid = Repository::create(real_fs(), config.repository);
    return Outcome({{"path", config.repository.string()}, {"uuid", uuid}});
}

}  // namespace tsb

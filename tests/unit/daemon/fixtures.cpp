#include "tests/unit/daemon/fixtures.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tsb::test {

namespace asio = boost::asio;

namespace {

class FixedClock : public Clock {
public:
    SystemTime now() const override { return from_iso8601("2026-11-23T01:42:24Z"); }
    std::chrono::steady_clock::time_point steady_now() const override { return {}; }
};

Repository locked_repository(const std::filesystem::path& path) {
    Repository::create(real_fs(), path);
    Repository repository = Repository::open(real_fs(), path);
    repository.lock();
    return repository;
}

Config config_of(const TempDir& directory) {
    Config config;
    config.repository = directory.path() / "repository";
    ClusterConfig cluster;
    cluster.name = "main";
    cluster.connection = "host=/nowhere";
    cluster.restore_roots = {directory.path()};
    config.clusters = {cluster};
    return config;
}

using Session = std::unique_ptr<ReplicationSession>;

asio::awaitable<Session> never_answered(std::stop_token stop) {
    co_await wait_for_stop(stop);
    co_return nullptr;
}

asio::awaitable<Session> refused() {
    throw Error(ErrorCode::connection, "cannot connect to '/nowhere': refused");
    co_return nullptr;
}

}  // namespace

const Clock& fixed_clock() {
    static const FixedClock clock;
    return clock;
}

asio::awaitable<void> wait_for_stop(std::stop_token stop) {
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max());
    const std::stop_callback wake(stop, [&timer] { timer.cancel(); });
    boost::system::error_code ignored;
    if (!stop.stop_requested()) {
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    throw Error(ErrorCode::cancelled, "stopped");
}

SessionFactory unreachable_server() {
    return [](ConnectOptions, std::stop_token) { return refused(); };
}

SessionFactory silent_server() {
    return [](ConnectOptions, std::stop_token stop) { return never_answered(std::move(stop)); };
}

Ground::Ground(SessionFactory sessions)
    : repository(locked_repository(directory.path() / "repository")),
      service(loop.get_executor(), config_of(directory), repository, std::move(sessions),
              fixed_clock(), Bookkeeping{true, false}) {}

Ground::~Ground() {
    service.stop();
    run_loop();
}

Outcome Ground::ask(const Request& request, const Caller& caller) {
    const EmitEvent emit = [this](Json event) -> asio::awaitable<void> {
        events.push_back(std::move(event));
        co_return;
    };
    std::optional<Outcome> outcome;
    asio::co_spawn(loop, handle_request(service, caller, request, emit),
                   [&](const std::exception_ptr& thrown, Outcome result) {
                       outcome = thrown ? outcome_of(thrown) : std::move(result);
                   });
    while (!outcome) {
        loop.restart();
        loop.run_one();
    }
    return *outcome;
}

void Ground::run_loop() {
    loop.restart();
    loop.run();
}

void add_broken_backup(const Ground& ground, const std::string& cluster, const std::string& id) {
    std::filesystem::create_directories(ground.directory.path() / "repository" / cluster /
                                        "backups" / id);
}

}  // namespace tsb::test

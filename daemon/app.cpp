#include "daemon/app.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "core/base/version.hpp"
#include "core/pg/libpq_session.hpp"
#include "daemon/control_server.hpp"
#include "daemon/control_socket.hpp"
#include "daemon/describe.hpp"
#include "daemon/repository_lock.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr auto stop_limit = std::chrono::seconds(10);

void say(const std::string& message) {
    log(LogLevel::info, "", message);
}

/// Stops the loop on SIGTERM and SIGINT; says that SIGHUP does nothing.
class DaemonSignals {
public:
    explicit DaemonSignals(asio::io_context& loop)
        : loop_(loop), signals_(loop, SIGTERM, SIGINT, SIGHUP) {
        static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
        wait();
    }
    void cancel() { signals_.cancel(); }

private:
    void wait() {
        signals_.async_wait([this](const boost::system::error_code& cancelled, int signal) {
            if (cancelled) return;
            if (signal == SIGHUP) {
                say("ignored SIGHUP: the configuration is read at start only");
                wait();
                return;
            }
            say(fmt::format("stopping on signal {}", signal));
            loop_.stop();
        });
    }

    asio::io_context& loop_;
    asio::signal_set signals_;
};

/// Runs what is left of jobs and clients to its end. Work that does not end within the limit hangs
/// in a system call: the process is left without it, and the next start clears up.
void drain(asio::io_context& loop) {
    loop.restart();
    loop.run_for(stop_limit);
    if (loop.stopped()) return;
    log(LogLevel::error, "", fmt::format("jobs did not stop within {} s", stop_limit.count()));
    std::_Exit(1);
}

}  // namespace

int run_daemon(const Config& config) {
    asio::io_context loop(1);
    DaemonSignals signals(loop);
    say(fmt::format("tsbackupd {} with libpq {}", version, libpq_version_text(libpq_version())));

    Repository repository = Repository::open(real_fs(), config.repository);
    lock_and_recover(repository);
    const Bookkeeping bookkeeping{.history = true, .log = true};
    Service service(loop.get_executor(), config, repository, libpq_sessions(), system_clock(),
                    bookkeeping);
    const uid_t own_uid = geteuid();
    const PeerCheck check = [&](const Peer& peer) {
        return caller_of(peer, config.control, own_uid);
    };
    const RequestHandler handler = [&](const Caller& caller, const Request& request,
                                       const EmitEvent& emit) {
        return handle_request(service, caller, request, emit);
    };
    ControlServer control(loop.get_executor(), listen_on(config.control.socket), check, handler,
                          ControlLimits());
    say(fmt::format("ready: repository {}, control socket {}", repository.path().string(),
                    config.control.socket.string()));

    loop.run();
    signals.cancel();
    control.stop();
    service.stop();
    drain(loop);
    ::unlink(config.control.socket.c_str());
    say("stopped");
    return 0;
}

}  // namespace tsb

#include "daemon/app.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <thread>

#include "core/base/version.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/libpq_session.hpp"
#include "daemon/control_server.hpp"
#include "daemon/control_socket.hpp"
#include "daemon/daemon_signals.hpp"
#include "daemon/describe.hpp"
#include "daemon/metrics/metrics.hpp"
#include "daemon/notices.hpp"
#include "daemon/reload.hpp"
#include "daemon/repository_lock.hpp"
#include "daemon/scheduler.hpp"
#include "daemon/service_manager.hpp"
#include "daemon/service_watch.hpp"
#include "daemon/slot_watch.hpp"
#include "daemon/space_history.hpp"
#include "daemon/work/work.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

constexpr auto notice_grace = std::chrono::seconds(5);

void say(const std::string& message) {
    log(LogLevel::info, "", message);
}

class Daemon {
public:
    Daemon(const Config& config, std::filesystem::path file, ServiceManager& manager)
        : file_(std::move(file)),
          manager_(manager),
          signals_(loop_, [this] { reload_by_signal(); }),
          repository_(opened(config, manager)),
          service_(loop_.get_executor(), config, repository_, libpq_sessions(), system_clock(),
                   Bookkeeping{.history = true, .log = true}),
          scheduler_(loop_.get_executor(), service_),
          slots_(loop_.get_executor(), service_, SlotWatch::Pauses()),
          notices_(loop_.get_executor(), service_, scheduler_),
          metrics_(loop_.get_executor(), service_, scheduler_),
          watch_(loop_.get_executor(), manager_, service_, scheduler_, notices_) {
        service_.scheduler = &scheduler_;
        service_.slots = &slots_;
        service_.reload = [this] { return reload(); };
        service_.jobs.before_end([this](Job& job) { return notices_.require_hooks(job); });
        service_.jobs.on_end([this](const JobPointer& job) { job_ended(*job); });
    }
    Daemon(const Daemon&) = delete;

    int run();

private:
    static Repository opened(const Config& config, const ServiceManager& manager) {
        const Patience patience(manager);  // what an earlier run left may be a lot
        Repository repository = Repository::open(real_fs(), config.repository);
        lock_and_recover(repository);
        return repository;
    }

    std::vector<std::string> reload();
    std::vector<std::string> take_over();
    void reload_by_signal();
    void stop_notices();
    void job_ended(const Job& job);
    void prune_after(const Job& job);
    asio::awaitable<void> note_space(std::string cluster);

    const std::filesystem::path file_;
    ServiceManager& manager_;
    asio::io_context loop_{1};
    DaemonSignals signals_;
    Repository repository_;
    Service service_;
    Scheduler scheduler_;
    SlotWatch slots_;
    Notices notices_;
    Metrics metrics_;
    ServiceWatch watch_;
};

int Daemon::run() {
    MetricsListener metrics(service_.config()->metrics_listen);
    ControlListener listener = control_listener(manager_, service_.config()->control.socket);
    const PeerCheck check = [this, own_uid = geteuid()](const Peer& peer) {
        return caller_of(peer, service_.config()->control, own_uid);
    };
    const RequestHandler handler = [this](const Caller& caller, const Request& request,
                                          const EmitEvent& emit) {
        return handle_request(service_, caller, request, emit);
    };
    ControlServer control(loop_.get_executor(), std::move(listener.socket), check, handler,
                          ControlLimits());
    metrics_.listen(std::move(metrics));
    asio::co_spawn(loop_, scheduler_.run(), asio::detached);
    asio::co_spawn(loop_, slots_.run(), asio::detached);
    asio::co_spawn(loop_, notices_.watch(), asio::detached);
    asio::co_spawn(loop_, watch_.run(), asio::detached);
    if (manager_.listens()) notices_.wake();  // which finds out what the status line says
    say(fmt::format("ready: repository {}, control socket {}", repository_.path().string(),
                    listener.path.string()));
    manager_.ready();

    loop_.run();
    manager_.stopping();
    service_.stop();
    scheduler_.stop();
    slots_.stop();
    notices_.stop_watching();
    watch_.stop();
    control.stop();
    metrics_.stop();
    const std::chrono::seconds grace = service_.config()->shutdown_grace;
    if (!signals_.drain(grace, [this] { watch_.wait_for_jobs(); })) {
        log(LogLevel::error, "", fmt::format("jobs did not stop within {} s", grace.count()));
        std::_Exit(1);  // the next start clears up
    }
    scheduler_.write_down_ends();
    if (!listener.handed_over) ::unlink(listener.path.c_str());
    stop_notices();
    say("stopped");
    return 0;
}

/// A hook that hangs in a system call must not keep the daemon from stopping.
void Daemon::stop_notices() {
    std::promise<void> ended;
    std::thread stopping([&] {
        notices_.stop();
        ended.set_value();
    });
    if (ended.get_future().wait_for(notice_grace) == std::future_status::timeout) {
        log(LogLevel::error, "", "a hook does not stop");
        std::_Exit(1);
    }
    stopping.join();
}

std::vector<std::string> Daemon::reload() {
    manager_.reloading();
    struct Reloaded {
        ~Reloaded() { manager.ready(); }  // also with the configuration that it had
        const ServiceManager& manager;
    } const reloaded{manager_};
    return take_over();
}

std::vector<std::string> Daemon::take_over() {
    Config config = load_config(file_);
    const std::shared_ptr<const Config> before = service_.config();
    require_reloadable(*before, config);
    std::vector<std::string> changes = differences(*before, config);
    // First what may fail. A notifier that stays keeps what waits to be told.
    std::optional<MetricsListener> listener = metrics_.prepared(config.metrics_listen);
    if (tells_others(*before, config)) notices_.set_config(config.notices);
    if (listener) metrics_.listen(std::move(*listener));
    set_up_log(config.log_level, config.log_format);
    service_.set_config(std::move(config));
    for (const std::string& change : changes) say("reload: " + change);
    say(fmt::format("reloaded '{}', {} changes", file_.string(), changes.size()));
    scheduler_.wake();
    slots_.wake();
    notices_.wake();
    return changes;
}

void Daemon::reload_by_signal() {
    try {
        reload();
    } catch (const std::exception& error) {
        log(LogLevel::error, "", std::string("kept the configuration as it was: ") + error.what());
    }
}

void Daemon::job_ended(const Job& job) {
    scheduler_.wake();
    notices_.wake();
    notices_.tell(job);
    metrics_.count(job);
    if (job.spec.kind == "backup") slots_.backup_ended(job.spec.cluster);
    const bool backed_up = job.spec.kind == "backup" && job.outcome.result.contains("backup_id");
    const bool pruned = job.spec.kind == "prune" && job.state == JobState::done;
    if (!backed_up && !pruned) return;
    asio::co_spawn(loop_, note_space(job.spec.cluster), asio::detached);
    if (backed_up) prune_after(job);
}

/// I3: what retention removes, it removes after a good backup only. One that is stored counts as
/// such also when a required hook of it failed.
void Daemon::prune_after(const Job& job) {
    const std::shared_ptr<const Config> config = service_.config();
    const ClusterConfig* cluster = config->find_cluster(job.spec.cluster);
    if (cluster == nullptr || cluster->retention.empty()) return;
    try {
        start_prune(service_, *cluster, asked_by_retention);
    } catch (const Error& error) {
        log(LogLevel::warning, job.id, std::string("no prune follows: ") + error.what());
    }
}

asio::awaitable<void> Daemon::note_space(std::string cluster) {
    std::function<void()> work = [this, cluster] {
        note_stored_bytes(repository_, cluster, service_.clock.now());
    };
    try {
        co_await run_on_thread(std::move(work));
    } catch (const std::exception& error) {
        log(LogLevel::warning, "", std::string("cannot note what is stored: ") + error.what());
    }
}

}  // namespace

int run_daemon(const Config& config, const std::filesystem::path& file) {
    ServiceManager manager = ServiceManager::from_environment();
    say(fmt::format("tsbackupd {} with libpq {}", version, libpq_version_text(libpq_version())));
    manager.status("starting: looks after the repository");
    return Daemon(config, file, manager).run();
}

}  // namespace tsb

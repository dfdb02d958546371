#include "tests/unit/daemon/scheduler_ground.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/unit/daemon/fixtures.hpp"

namespace tsb::test {

namespace asio = boost::asio;

namespace {

using Session = std::unique_ptr<ReplicationSession>;

Repository locked_repository(Fs& fs, const std::filesystem::path& path) {
    Repository::create(fs, path);
    Repository repository = Repository::open(fs, path);
    repository.lock();
    return repository;
}

Config config_of(const std::filesystem::path& repository,
                 const std::vector<ClusterConfig>& clusters) {
    Config config;
    config.repository = repository;
    config.clusters = clusters;
    return config;
}

asio::awaitable<Session> unanswered(std::stop_token stop) {
    co_await wait_for_stop(stop);
    co_return nullptr;
}

asio::awaitable<Session> refused_by(Error failure) {
    throw Error(std::move(failure));
    co_return nullptr;
}

}  // namespace

ScheduleConfig at_cron(const std::string& expression) {
    ScheduleConfig entry;
    entry.cron = CronExpression::parse(expression);
    entry.zone = TimeZone();
    return entry;
}

ScheduleConfig every(std::chrono::seconds period) {
    ScheduleConfig entry;
    entry.every = period;
    entry.zone = TimeZone();
    return entry;
}

std::string key_of(const ScheduleConfig& entry) {
    return schedule_entry(entry).key();
}

ClusterConfig scheduled_cluster(const std::string& name,
                                const std::vector<ScheduleConfig>& entries) {
    ClusterConfig cluster;
    cluster.name = name;
    cluster.connection = "host=/nowhere";
    cluster.compression = Compression(CompressionMethod::gzip, 1);
    cluster.compression_workers = 1;
    cluster.manifest_checksums = SyntheticOptions().digest_kind;
    cluster.schedule = entries;
    return cluster;
}

std::string end_of(const JobPointer& job) {
    std::string end(to_string(job->state));
    if (job->has_ended() && job->outcome.failure)
        end += std::string(": ") + job->outcome.failure->what();
    return end;
}

/// The loop goes before the service: what is suspended on it uses the service.
struct ScheduleGround::Daemon {
    Daemon(Config config, Repository& repository, SessionFactory sessions, const Clock& clock)
        : loop(std::make_unique<asio::io_context>(1)),
          service(loop->get_executor(), std::move(config), repository, std::move(sessions), clock,
                  Bookkeeping{true, false}),
          scheduler(std::make_unique<Scheduler>(loop->get_executor(), service)) {
        service.scheduler = scheduler.get();
    }
    ~Daemon() {
        scheduler.reset();
        loop.reset();
    }
    Daemon(const Daemon&) = delete;

    std::unique_ptr<asio::io_context> loop;
    Service service;
    std::unique_ptr<Scheduler> scheduler;
};

ScheduleGround::ScheduleGround(const std::vector<ScheduleConfig>& entries)
    : ScheduleGround(std::vector<ClusterConfig>{scheduled_cluster("main", entries)}) {}

ScheduleGround::ScheduleGround(const std::vector<ClusterConfig>& clusters)
    : clock("2026-11-23T01:42:24Z"),
      repository(locked_repository(fs, directory.path() / "repository")),
      server_(make_cluster()),
      answer_(server_.factory()) {
    start(config_of(repository.path(), clusters));
}

ScheduleGround::~ScheduleGround() {
    fs.heal();
    scheduler().stop();
    service().stop();
    loop().restart();
    loop().run();
}

void ScheduleGround::start(Config config) {
    const SessionFactory sessions = [this](ConnectOptions options, std::stop_token stop) {
        return connect(std::move(options), std::move(stop));
    };
    daemon_ = std::make_unique<Daemon>(std::move(config), repository, sessions, clock);
}

asio::awaitable<Session> ScheduleGround::connect(ConnectOptions options, std::stop_token stop) {
    if (on_connect) on_connect();
    if (silent) return unanswered(std::move(stop));
    if (failure) return refused_by(*failure);
    // Each backup begins with its data session; a session for SQL is refused in any case.
    if (server_.open_sessions() == 0 && options.replication) server_.begin_anew();
    return answer_(std::move(options), std::move(stop));
}

SystemTime ScheduleGround::pass() {
    std::optional<SystemTime> next;
    std::exception_ptr failed;
    asio::co_spawn(loop(), scheduler().pass(), [&](const std::exception_ptr& thrown, SystemTime t) {
        failed = thrown;
        next = t;
    });
    while (!next) {
        loop().restart();
        loop().run_one();
    }
    if (failed) std::rethrow_exception(failed);
    return *next;
}

SystemTime ScheduleGround::pass_at(const std::string& time) {
    clock.set(time);
    return pass();
}

void ScheduleGround::finish_jobs() {
    loop().restart();
    loop().run();
    pass();
}

void ScheduleGround::kill_and_start() {
    Config config = *service().config();
    daemon_.reset();
    start(std::move(config));
}

void ScheduleGround::reload(const std::vector<ScheduleConfig>& entries) {
    service().set_config(config_of(repository.path(), {scheduled_cluster("main", entries)}));
}

Scheduler& ScheduleGround::scheduler() {
    return *daemon_->scheduler;
}

Service& ScheduleGround::service() {
    return daemon_->service;
}

asio::io_context& ScheduleGround::loop() {
    return *daemon_->loop;
}

ClusterConfig ScheduleGround::cluster() {
    return service().config()->clusters.front();
}

std::vector<JobPointer> ScheduleGround::jobs(const std::string& kind) {
    std::vector<JobPointer> found;
    for (const JobPointer& job : service().jobs.all()) {
        if (job->spec.kind == kind) found.push_back(job);
    }
    return found;
}

ScheduleState ScheduleGround::stored(const std::string& cluster) {
    return decode_schedule_state(repository.read_state(cluster, schedule_document));
}

std::string ScheduleGround::all_notes() {
    std::string all;
    for (const std::string& note : stored().notes) all += note + "\n";
    return all;
}

}  // namespace tsb::test

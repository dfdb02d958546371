#include "core/ops/backup_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/base/version.hpp"
#include "core/ops/run_on.hpp"
#include "core/pg/own_slots.hpp"
#include "core/pg/result_fields.hpp"

namespace tsb {

namespace asio = boost::asio;

// Whoever fails first names the cause and closes both sessions, which wakes everybody else.
struct BackupRun::FirstFailure {
    std::exception_ptr cause;
    std::weak_ptr<ReplicationSession> data;
    std::weak_ptr<ReplicationSession> wal;

    void set(const std::exception_ptr& failure) {
        if (!cause) {
            cause = failure;
        }
        for (const std::weak_ptr<ReplicationSession>& weak : {data, wal}) {
            if (const std::shared_ptr<ReplicationSession> session = weak.lock()) {
                session->close();
            }
        }
    }
};

namespace {

unsigned worker_count(unsigned configured) {
    return configured > 0 ? configured : default_workers();
}

std::uint64_t milliseconds(std::chrono::steady_clock::duration duration) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// What the server's names of archives end with.
std::string archive_ending(const Compression& compression) {
    std::string ending = ".tar";
    if (compression.on_server) {
        ending += file_extension(compression.method);
    }
    return ending;
}

// Names of slots: lower-case letters, digits and underscores, unique among our processes.
std::string slot_name(const std::string& backup_id) {
    return std::string(slot_prefix) + backup_id.substr(backup_id.find("backup_") + 7) + "_" +
           std::to_string(getpid());
}

}  // namespace

BackupRun::BackupRun(asio::any_io_executor loop, const BackupOptions& options,
                     Repository& repository, const SessionFactory& connect, const Clock& clock,
                     JobContext& job)
    : loop_(std::move(loop)),
      options_(options),
      repository_(repository),
      connect_(connect),
      clock_(clock),
      job_(job),
      failure_(std::make_shared<FirstFailure>()),
      wal_ended_(loop_),
      started_at_(clock.now()),
      started_(clock.steady_now()),
      first_byte_(started_),
      copied_(started_) {}

asio::awaitable<void> BackupRun::connect_both() {
    job_.progress.phase = Phase::connecting;
    data_ = co_await connect_(options_.connection, job_.stop);
    wal_ = co_await connect_(options_.connection, job_.stop);
    failure_->data = data_;
    failure_->wal = wal_;
}

asio::awaitable<void> BackupRun::check() {
    job_.progress.phase = Phase::checking;
    source_ = co_await check_source(*data_, *wal_, options_.compression);
    require_own_repository(repository_, options_.cluster, source_.identity.system_identifier);
    job_.info("backing up " + options_.cluster + ", PostgreSQL " + source_.settings.version_text +
              ", system identifier " + std::to_string(source_.identity.system_identifier) +
              ", timeline " + std::to_string(source_.identity.timeline));
}

asio::awaitable<void> BackupRun::begin() {
    draft_ = std::make_unique<BackupDraft>(repository_, options_.cluster, started_at_);
    slot_ = slot_name(draft_->id());
    co_await wal_->execute(create_slot_command(source_.server_version, slot_), command_limit);

    BackupStoreOptions store;
    store.format = options_.format;
    store.compression = options_.compression;
    store.member_digest = options_.manifest_checksums;
    store.priority = options_.priority;
    store.workers = worker_count(options_.compression_workers);
    store.server_major = source_.server_version / 10000;
    store.system_identifier = source_.identity.system_identifier;
    store.wal_segment_size = source_.settings.wal_segment_size;
    store_ = std::make_unique<BackupStore>(repository_.fs(), draft_->directory(), store);
    const auto on_failure = [failure = failure_](const std::exception_ptr& cause) {
        failure->set(cause);
    };
    receiver_ = std::make_unique<BackupReceiver>(
        loop_, *store_, job_.progress,
        [this](std::uint64_t bytes) { require_space(repository_, options_, bytes); }, on_failure);
    receiver_->trust_reported_progress(options_.compression.on_server);

    BaseBackupOptions command;
    command.manifest_checksums = store.member_digest;
    command.compression = options_.compression;
    command.label = options_.label.empty() ? "tsbackup " + draft_->id() : options_.label;
    command.checkpoint = options_.checkpoint;
    command.max_rate_kb = options_.max_rate_kb;
    job_.progress.phase = Phase::waiting_for_checkpoint;
    job_.info("storing " + draft_->id() + ", waiting for the checkpoint");
    co_await data_->send(base_backup_command(source_.server_version, command));
}

std::chrono::seconds BackupRun::stall_limit() const {
    return receiver_->start() ? options_.copy_stall_limit : options_.checkpoint_limit;
}

asio::awaitable<void> BackupRun::copy() {
    BackupProtocol protocol(source_.server_version, archive_ending(options_.compression));
    while (!protocol.complete()) {
        SessionEvent event = co_await data_->next(stall_limit());
        protocol.feed(std::move(event), *receiver_);
        if (receiver_->start() && !wal_running_) {
            first_byte_ = clock_.steady_now();
            start_wal();
        }
        co_await receiver_->settle();
    }
    copied_ = clock_.steady_now();
    job_.info("received " + human_size(job_.progress.bytes_done) + " in " +
              std::to_string(milliseconds(copied_ - first_byte_)) + " ms");
}

void BackupRun::start_wal() {
    if (receiver_->timeline() != source_.identity.timeline) {
        throw Error(ErrorCode::wrong_cluster,
                    "cannot back up '" + options_.cluster + "': the server changed from timeline " +
                        std::to_string(source_.identity.timeline) + " to " +
                        std::to_string(receiver_->timeline()) + " while the backup began");
    }
    job_.info("backup starts at " + to_string(*receiver_->start()) + ", timeline " +
              std::to_string(receiver_->timeline()));
    wal_pipeline_ = std::make_unique<Pipeline>(
        loop_, store_->wal_work(),
        [failure = failure_](const std::exception_ptr& cause) { failure->set(cause); });
    wal_archive_ = std::make_unique<WalArchive>(*wal_pipeline_, source_.settings.wal_segment_size,
                                                std::chrono::system_clock::to_time_t(started_at_));
    wal_running_ = true;
    asio::co_spawn(loop_, receive_wal(),
                   [failure = failure_, ended = wal_ended_](const std::exception_ptr& cause) {
                       if (cause) {
                           failure->set(cause);
                       }
                       ended.set();
                   });
}

asio::awaitable<void> BackupRun::receive_wal() {
    WalStreamOptions options;
    options.slot = slot_;
    options.start = *receiver_->start();
    options.timeline = receiver_->timeline();
    options.segment_size = source_.settings.wal_segment_size;
    options.stall_limit = options_.copy_stall_limit;
    options.status_interval =
        std::clamp(options.stall_limit / 2, std::chrono::seconds(1), options.status_interval);
    std::atomic<std::uint64_t>& lag = job_.progress.wal_lag_bytes;
    WalHeard heard = [&lag](Lsn received, Lsn server_end) {
        lag = server_end > received ? server_end.value - received.value : 0;
    };
    struct Ended {
        ~Ended() { lag = ProgressMeter::no_wal; }
        std::atomic<std::uint64_t>& lag;
    } const ended{lag};
    std::optional<Error> lost;
    try {
        co_await stream_wal(*wal_, options, wal_stop_, *wal_archive_, std::move(heard));
    } catch (const Error& error) {
        if (error.code() != ErrorCode::connection || failure_->cause) {
            throw;
        }
        lost = error;
    }
    if (lost) {
        const Error cause = co_await cause_of_lost_wal(std::move(*lost));
        throw cause;
    }
    wal_archive_->finish();
}

// A server that takes a slot's WAL away ends the slot's session as an administrator would. That it
// has a limit for slots tells the two apart, as far as anything does.
asio::awaitable<Error> BackupRun::cause_of_lost_wal(Error lost) {
    if (std::string(lost.what()).find("57P01") == std::string::npos) {
        co_return lost;
    }
    std::string limit;
    try {
        const auto session = co_await connect_(options_.connection, job_.stop);
        const ResultSet result =
            co_await session->execute("SHOW max_slot_wal_keep_size", command_limit);
        limit = text_field(result, 0, 0);
    } catch (const Error&) {
        co_return lost;
    }
    if (limit == "-1") {
        co_return lost;
    }
    Error taken_away(ErrorCode::wal_missing,
                     "the server ended the WAL stream, as it does when a backup falls behind "
                     "max_slot_wal_keep_size = " +
                         limit + ": " + lost.what(),
                     "raise max_slot_wal_keep_size, or let the backup run faster (max_rate)");
    co_return taken_away;
}

asio::awaitable<void> BackupRun::finish_streams() {
    job_.progress.phase = Phase::receiving_wal;
    wal_stop_.end = receiver_->end();
    wal_->wake();
    co_await wal_ended_.wait();
    if (failure_->cause) {
        std::rethrow_exception(failure_->cause);
    }
    job_.info("WAL received up to " + to_string(*receiver_->end()));
    job_.progress.phase = Phase::syncing;
    co_await receiver_->join();
    co_await wal_pipeline_->join();
    wal_->close();
    data_->close();
}

void BackupRun::describe(Metadata& metadata) const {
    metadata.id = draft_->id();
    metadata.cluster = options_.cluster;
    metadata.label = options_.label.empty() ? "tsbackup " + draft_->id() : options_.label;
    metadata.tsbackup_version = version;
    metadata.job_id = job_.job_id;
    metadata.format = options_.format;
    metadata.compression = options_.format == BackupFormat::plain
                               ? Compression(CompressionMethod::none, 0)
                               : options_.compression;
    metadata.server_version = source_.settings.version_text;
    metadata.server_version_num = source_.server_version;
    metadata.system_identifier = source_.identity.system_identifier;
    metadata.wal_segment_size = source_.settings.wal_segment_size;
    metadata.timeline = receiver_->timeline();
    metadata.start_lsn = *receiver_->start();
    metadata.end_lsn = *receiver_->end();
    metadata.tablespaces = receiver_->tablespace_list();
    metadata.started_at = started_at_;
    metadata.stopped_at = clock_.now();
    metadata.checkpoint_ms = milliseconds(first_byte_ - started_);
    metadata.copy_ms = milliseconds(copied_ - first_byte_);
}

asio::awaitable<Metadata> BackupRun::prove_and_commit() {
    job_.progress.phase = Phase::proving;
    Metadata metadata;
    describe(metadata);
    const ClusterFacts facts =
        co_await read_cluster_facts(connect_, options_.connection, job_.stop);
    metadata.databases = facts.databases;
    metadata.from_standby = facts.in_recovery;
    metadata.server_stopped_at = facts.server_time;
    for (const DatabaseInfo& database : facts.databases) {
        if (!database.problem.empty()) {
            job_.warn("database '" + database.name + "' could not be asked: " + database.problem);
        }
    }
    std::function<void()> prove = [this, &metadata] { store_->prove_into(metadata); };
    co_await run_on_thread(std::move(prove));
    job_.info("every one of " + std::to_string(metadata.member_count) +
              " files equals the server's manifest");
    job_.throw_if_stopped();

    job_.progress.phase = Phase::committing;
    metadata.total_ms = milliseconds(clock_.steady_now() - started_);
    std::function<void()> commit = [this, &metadata] {
        metadata = draft_->commit(std::move(metadata));
    };
    co_await run_on_thread(std::move(commit));
    job_.progress.phase = Phase::done;
    job_.info("committed " + metadata.id + ": " + human_size(metadata.cluster_bytes) +
              " stored in " + human_size(metadata.stored_bytes));
    co_return metadata;
}

std::exception_ptr BackupRun::root_cause(const std::exception_ptr& caught) const {
    return failure_->cause ? failure_->cause : caught;
}

asio::awaitable<void> BackupRun::give_up(std::exception_ptr cause) {
    failure_->set(cause);
    if (wal_pipeline_) {
        wal_pipeline_->fail(cause);
        co_await wal_pipeline_->wait();
    }
    if (wal_running_) {
        co_await wal_ended_.wait();
    }
    if (receiver_) {
        co_await receiver_->give_up(cause);
    }
    if (draft_) {
        std::function<void()> abort = [this] {
            if (store_) {
                store_->give_up();
            }
            draft_->abort();
        };
        try {
            co_await run_on_thread(std::move(abort));
        } catch (const Error& error) {
            job_.warn(std::string("leftovers stay until the next start: ") + error.what());
        }
    }
}

}  // namespace tsb

// Restore and verify with file-system call 1..N failing, until a run meets no fault. What can be
// started is whole, before and after a power cut.
#include "core/ops/restore_target.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/sweep.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

class RestoreSweep {
public:
    explicit RestoreSweep(BackupFormat format)
        : cluster_(small_cluster()),
          source_(source_tree(cluster_)),
          place_(ground_.path() / "place") {
        SyntheticServer server(cluster_);
        Repository repository = ground_.open_repository();
        const Outcome backup = back_up(repository, server, sweep_options(format));
        INFO(backup.message());
        REQUIRE(backup.ok());
    }

    void run(Fault fault) {
        sweep(
            ground_.fs, fault, [this] { return attempt(); },
            [&](const Outcome& outcome) {
                const bool nothing_left =
                    !std::filesystem::exists(ground_.target()) && !std::filesystem::exists(place_);
                if (!outcome.ok() && fault != Fault::crash) {
                    CHECK((nothing_left || startable()));
                }
                check_no_file_synced_twice(ground_.fs);
                ground_.fs.lose_unsynced();
                if (outcome.ok() || !nothing_left) {
                    check_after_restart(outcome);
                }
                std::filesystem::remove_all(ground_.target());
                std::filesystem::remove_all(place_);
            });
    }

private:
    Outcome attempt() {
        Repository repository = Repository::open(ground_.fs, ground_.repository_path());
        RestoreOptions options = ground_.restore_options();
        options.tablespace_map["/srv/fast"] = place_.string();
        return restore(repository, options);
    }

    bool startable() const {
        return std::filesystem::exists(ground_.target() / "global" / "pg_control");
    }

    /// I4: what can be started is whole; what cannot gives way to the next restore.
    void check_after_restart(const Outcome& first) {
        if (startable()) {
            std::filesystem::remove(ground_.target() / restore_marker);
            std::filesystem::remove(place_ / restore_marker);
        } else {
            CHECK_FALSE(first.ok());
            const Outcome second = outcome_of([this] { return attempt(); });
            INFO(second.message());
            REQUIRE(second.ok());
        }
        check_restored(ground_.target(), cluster_, source_);
    }

    Ground ground_;
    const SyntheticCluster cluster_;
    const std::map<std::string, std::string> source_;
    const std::filesystem::path place_;
};

}  // namespace

TEST_CASE("a restore keeps its promises whatever call fails") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    INFO(to_string(format));
    RestoreSweep restores(format);
    for (const Fault fault : all_faults) {
        restores.run(fault);
    }
}

TEST_CASE("a verify that could not read everything does not call the backup good") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    INFO(to_string(format));
    Ground ground;
    SyntheticServer server(small_cluster());
    std::string id;
    {
        Repository repository = ground.open_repository();
        REQUIRE(back_up(repository, server, sweep_options(format)).ok());
        id = repository.newest_good("main")->id;
    }
    // By its id: looking for the latest reads the notes beside backups too, which prove nothing.
    const auto attempt = [&] {
        Repository repository = Repository::open(ground.fs, ground.repository_path());
        Outcome outcome = verify(repository, id);
        if (outcome.ok() && ground.fs.fired()) {
            CHECK_FALSE(outcome.verified.problems.empty());
        }
        return outcome;
    };
    sweep(ground.fs, Fault::io_error, attempt, [](const Outcome&) {});
}

namespace {

/// The usual cluster and a second tablespace beside its first.
SyntheticCluster with_two_tablespaces() {
    SyntheticOptions source;
    source.tablespace_location = "/srv/fast";
    SyntheticCluster cluster = make_cluster(source);
    SyntheticArchive second = cluster.archives.front();
    second.name = std::to_string(synthetic_tablespace + 1);
    second.location = "/srv/slow";
    cluster.base().files["tablespace_map"] += second.name + " " + second.location + "\n";
    cluster.base().links["pg_tblspc/" + second.name] = second.location;
    cluster.archives.insert(cluster.archives.begin() + 1, second);
    cluster.manifest = manifest_of(cluster);
    return cluster;
}

/// Runs `work` with its stop requested before file-system call 1..N, until one ends before that.
void stop_at_every_call(FaultFs& fs, const std::function<Outcome(const std::stop_token&)>& work,
                        const std::function<void()>& check_stopped) {
    std::uint64_t stopped = 0;
    bool reached = true;
    for (std::uint64_t number = 1; reached; ++number) {
        std::stop_source stop;
        fs.at_call(number, [&] { stop.request_stop(); });
        const Outcome outcome = work(stop.get_token());
        reached = fs.fired();
        INFO("call " << number << ", " << fs.faulty_call() << ": " << outcome.message());
        fs.heal();
        if (outcome.ok()) continue;
        REQUIRE(outcome.code() == ErrorCode::cancelled);
        ++stopped;
        check_stopped();
    }
    CHECK(stopped > 10);
}

}  // namespace

TEST_CASE(
    "a restore that is cancelled at any moment leaves nothing, directories it made included") {
    Ground ground;
    SyntheticServer server(with_two_tablespaces());
    Repository repository = ground.open_repository();
    REQUIRE(back_up(repository, server, sweep_options(BackupFormat::tar)).ok());
    RestoreOptions options = ground.restore_options();
    const std::filesystem::path made = ground.path() / "made";
    options.target = made / "data";
    options.tablespace_map["/srv/fast"] = made / "tablespaces" / "fast";
    options.tablespace_map["/srv/slow"] = made / "tablespaces" / "slow";
    stop_at_every_call(
        ground.fs,
        [&](const std::stop_token& stop) {
            Outcome outcome = restore(repository, options, stop);
            if (outcome.ok()) std::filesystem::remove_all(made);
            return outcome;
        },
        [&] { CHECK_FALSE(std::filesystem::exists(made)); });
}

TEST_CASE("a verify can be cancelled at any moment and never calls the backup bad for it") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    Ground ground;
    SyntheticServer server(small_cluster());
    Repository repository = ground.open_repository();
    REQUIRE(back_up(repository, server, sweep_options(format)).ok());
    stop_at_every_call(
        ground.fs,
        [&](const std::stop_token& stop) {
            Outcome outcome = verify(repository, "latest", stop);
            CHECK(outcome.verified.problems.empty());
            return outcome;
        },
        [] {});
}

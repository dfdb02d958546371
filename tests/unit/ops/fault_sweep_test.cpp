// Backup, verify and restore with file-system call 1..N failing, each in every way, until a run
// meets no fault. After each the invariants hold, before and after a power cut.
#include <utility>

#include "core/base/error.hpp"
#include "core/ops/restore_target.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/ops/ground.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

BackupOptions options_for(BackupFormat format) {
    BackupOptions options = backup_options();
    options.format = format;
    options.compression_workers = 1;
    return options;
}

/// With a tablespace, and of each kind of file as few as there can be: each costs many calls.
SyntheticCluster small_cluster() {
    SyntheticOptions options;
    options.tablespace_location = "/srv/fast";
    SyntheticCluster cluster = make_cluster(options);
    for (const char* path :
         {"base/1/1235", "base/1/PG_VERSION", "global/1262", "pg_xact/0000", "postgresql.conf"}) {
        cluster.base().files.erase(path);
    }
    std::erase(cluster.base().directories, "pg_xact");
    cluster.manifest = manifest_of(cluster);
    cluster.wal.resize(5 * 8192);
    return cluster;
}

template <class Work>
Outcome outcome_of(Work work) {
    Outcome outcome;
    try {
        outcome = work();
    } catch (...) {
        outcome.failure = std::current_exception();
    }
    return outcome;
}

/// Calls `attempt` with each call failing in turn; `check` hears how it ended, after the fault has
/// been healed.
template <class Attempt, class Check>
void sweep(FaultFs& fs, Fault fault, Attempt attempt, Check check) {
    std::uint64_t number = 1;
    for (bool fired = true; fired; ++number) {
        fs.fail_fitting_call(number, fault);
        const Outcome outcome = outcome_of(attempt);
        fired = fs.fired();
        const std::string where = std::string(to_string(fault)) + " at call " +
                                  std::to_string(number) + ", " + fs.faulty_call();
        fs.heal();
        INFO(where << ": " << outcome.message());
        const bool must_succeed = !fired || fault == Fault::short_write;
        REQUIRE((outcome.ok() || !must_succeed));
        REQUIRE((outcome.code() || outcome.ok() || fault == Fault::crash));
        check(outcome);
    }
    CHECK(number > 5);
}

/// I2: a file whose sync failed is not synced again. Directories may be: others' entries lie there.
void check_no_file_synced_twice(const FaultFs& fs) {
    for (const std::string& path : fs.synced_after_failure()) {
        INFO(path);
        CHECK(std::filesystem::is_directory(path));
    }
}

void check_verifies(Repository& repository, const std::string& id) {
    const Outcome verified = verify(repository, id);
    INFO(verified.message());
    REQUIRE(verified.ok());
    INFO(line_with(verified.verified.problems, ""));
    CHECK(verified.verified.problems.empty());
}

class BackupSweep {
public:
    explicit BackupSweep(BackupFormat format)
        : options_(options_for(format)), server_(small_cluster()) {
        const Outcome first = attempt();
        INFO(first.message());
        REQUIRE(first.ok());
        earlier_ = first.metadata.id;
        earlier_tree_ = tree_of(ground_.backup_path(earlier_));
    }

    void run(Fault fault) {
        sweep(
            ground_.fs, fault, [this] { return attempt(); },
            [&](const Outcome& outcome) {
                // What the process leaves when it lives on; a dead one cleans nothing.
                if (fault != Fault::crash) {
                    CHECK(ground_.in_progress().empty());
                }
                check_no_file_synced_twice(ground_.fs);
                ground_.fs.lose_unsynced();
                check_after_restart(outcome, fault);
            });
        Repository repository = ground_.open_repository();
        check_verifies(repository, earlier_);
    }

private:
    Outcome attempt() {
        Repository repository = ground_.open_repository();
        repository.recover();
        return back_up(repository, server_, options_);
    }

    void check_after_restart(const Outcome& outcome, Fault fault) {
        Repository repository = ground_.open_repository();
        repository.recover();
        CHECK(ground_.in_progress().empty());
        bool new_one_listed = false;
        bool earlier_listed = false;
        for (const BackupEntry& entry : repository.list("main")) {
            INFO(entry.problem);
            CHECK(entry.metadata);
            if (entry.id == earlier_) {
                earlier_listed = true;
                continue;
            }
            new_one_listed = true;
            check_verifies(repository, entry.id);
            std::filesystem::remove_all(ground_.backup_path(entry.id));
        }
        CHECK(earlier_listed);
        // Quicker than to verify it each time, and stricter.
        CHECK((tree_of(ground_.backup_path(earlier_)) == earlier_tree_));
        if (outcome.ok()) {
            CHECK(new_one_listed);
        } else if (fault != Fault::crash) {
            CHECK((!new_one_listed || contains(outcome.message(), "uncertain")));
        }
    }

    const BackupOptions options_;
    Ground ground_;
    SyntheticServer server_;
    std::string earlier_;
    std::map<std::string, std::string> earlier_tree_;
};

class RestoreSweep {
public:
    explicit RestoreSweep(BackupFormat format)
        : cluster_(small_cluster()),
          source_(source_tree(cluster_)),
          place_(ground_.path() / "place") {
        SyntheticServer server(cluster_);
        Repository repository = ground_.open_repository();
        const Outcome backup = back_up(repository, server, options_for(format));
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

TEST_CASE("a backup keeps its promises whatever call fails") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    INFO(to_string(format));
    BackupSweep backups(format);
    for (const Fault fault : all_faults) {
        backups.run(fault);
    }
}

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
    {
        Repository repository = ground.open_repository();
        REQUIRE(back_up(repository, server, options_for(format)).ok());
    }
    for (const Fault fault : {Fault::io_error, Fault::crash}) {
        std::uint64_t number = 0;
        sweep(
            ground.fs, fault,
            [&] {
                Repository repository = Repository::open(ground.fs, ground.repository_path());
                Outcome outcome = verify(repository, "latest");
                if (outcome.ok() && ground.fs.fired()) {
                    CHECK_FALSE(outcome.verified.problems.empty());
                }
                return outcome;
            },
            [&](const Outcome&) { ++number; });
    }
}

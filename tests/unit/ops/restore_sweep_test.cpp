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
    {
        Repository repository = ground.open_repository();
        REQUIRE(back_up(repository, server, sweep_options(format)).ok());
    }
    const auto attempt = [&] {
        Repository repository = Repository::open(ground.fs, ground.repository_path());
        Outcome outcome = verify(repository, "latest");
        if (outcome.ok() && ground.fs.fired()) {
            CHECK_FALSE(outcome.verified.problems.empty());
        }
        return outcome;
    };
    sweep(ground.fs, Fault::io_error, attempt, [](const Outcome&) {});
}

// A backup with file-system call 1..N failing, in every way, until a run meets no fault. After each
// the invariants hold, before and after a power cut.
#include "tests/support/catch.hpp"
#include "tests/unit/ops/sweep.hpp"

using namespace tsb;
using namespace tsb::test;

namespace {

class BackupSweep {
public:
    explicit BackupSweep(BackupFormat format)
        : options_(sweep_options(format)), server_(small_cluster()) {
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

}  // namespace

TEST_CASE("a backup keeps its promises whatever call fails") {
    const BackupFormat format = GENERATE(BackupFormat::tar, BackupFormat::plain);
    INFO(to_string(format));
    BackupSweep backups(format);
    for (const Fault fault : all_faults) {
        backups.run(fault);
    }
}

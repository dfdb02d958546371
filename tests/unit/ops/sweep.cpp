#include "tests/unit/ops/sweep.hpp"

#include "tests/support/catch.hpp"

namespace tsb::test {

Outcome outcome_of(const std::function<Outcome()>& work) {
    try {
        return work();
    } catch (...) {
        Outcome outcome;
        outcome.failure = std::current_exception();
        return outcome;
    }
}

void sweep(FaultFs& fs, Fault fault, const std::function<Outcome()>& attempt,
           const std::function<void(const Outcome&)>& check) {
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
        // Nothing but an Error is thrown, unless the process is dead.
        REQUIRE((outcome.ok() || outcome.code() || fault == Fault::crash));
        check(outcome);
    }
    CHECK(number > 5);
}

void check_no_file_synced_twice(const FaultFs& fs) {
    for (const std::string& path : fs.synced_after_failure()) {
        INFO(path);
        CHECK(std::filesystem::is_directory(path));
    }
}

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

BackupOptions sweep_options(BackupFormat format) {
    BackupOptions options = backup_options();
    options.format = format;
    options.compression_workers = 1;
    return options;
}

}  // namespace tsb::test

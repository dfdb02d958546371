#include "tests/bench/cases.hpp"
#include "tests/bench/dataset.hpp"
#include "tests/bench/pgbackrest.hpp"

namespace tsb::bench {
namespace {

using test::Arguments;

constexpr double verify_bar = 0.8;

Contest& new_contest(Ground& ground, Report& report, const std::string& name,
                     const std::string& subject) {
    auto& contest = report.contests.emplace_back();
    contest.name = name;
    contest.subject = {subject, {}, true};
    contest.cluster_bytes = ground.cluster_bytes();
    return contest;
}

Rounds rounds(const Ground& ground) {
    return {ground.options().runs, ground.options().runs};
}

Sample measure_restore(Ground& ground, const std::string& id) {
    const NewPlace target(ground.restore_directory());
    return measure_request(ground.daemon(), {"restore", id, "--target", target.path()}).sample;
}

Sample measure_verify(Ground& ground, const std::string& id) {
    return measure_request(ground.daemon(), {"verify", id}).sample;
}

/// The two archives of a backup by tar, as its RESTORE.txt says, and all of it synced.
Sample measure_tar(Ground& ground, const std::string& id) {
    const NewPlace target(ground.peer_directory());
    target.make();
    return measure_program({"sh", "-ec",
                            "tar -xzf \"$1/base.tar.gz\" -C \"$2\"\n"
                            "tar -xzf \"$1/pg_wal.tar.gz\" -C \"$2/pg_wal\"\n"
                            "sync -f \"$2\"",
                            "sh", ground.daemon().backup_directory(id), target.path()});
}

void run_gzip_restore(Ground& ground, Report& report, const std::string& name) {
    const auto& id = ground.kept_backup("gzip:6");
    auto& contest = new_contest(ground, report, name, "tsbackup");
    contest.peer.name = "tar -xzf, sync -f";
    contest.bars.time = 0.35;
    hold(
        contest, rounds(ground), [&] { return measure_restore(ground, id); },
        [&] { return measure_tar(ground, id); });
}

struct PgBackRestCase {
    const char* name;
    const char* compression;
    const char* peer_name;
    Arguments peer;
    double bar;
};

void run_restore(Ground& ground, Report& report, const PgBackRestCase& wanted,
                 const std::string& program) {
    const auto& id = ground.kept_backup(wanted.compression);
    auto& contest = new_contest(ground, report, wanted.name, "tsbackup");
    const auto ours = [&] { return measure_restore(ground, id); };
    if (program.empty()) return hold(contest, {ground.options().runs, 0}, ours, {});
    const PgBackRest peer(program, ground.server(), wanted.peer);
    contest.peer.name = wanted.peer_name;
    contest.bars.time = wanted.bar;
    hold(contest, rounds(ground), ours, [&] {
        const NewPlace target(ground.peer_directory());
        target.make();
        return peer.restore(target.path());
    });
}

void run_verify(Ground& ground, Report& report, const std::string& name,
                const std::string& compression) {
    const auto& id = ground.kept_backup(compression);
    auto& contest = new_contest(ground, report, name, "tsbackup verify");
    contest.peer = {"tsbackup restore", {}, true};
    contest.bars.time = verify_bar;
    hold(
        contest, rounds(ground), [&] { return measure_verify(ground, id); },
        [&] { return measure_restore(ground, id); });
}

}  // namespace

void run_restore_cases(Ground& ground, Report& report) {
    const auto& options = ground.options();
    run_case(options, report, "restore gzip:6",
             [&] { run_gzip_restore(ground, report, "restore gzip:6"); });

    std::string why;
    const auto program = find_pgbackrest(bench_version(), why);
    if (program.empty()) report.notes.push_back("restores without a peer: " + why);
    if (!program.empty()) report.facts.emplace_back("pgBackRest", pgbackrest_version(program));
    const std::vector<PgBackRestCase> cases{{"restore zstd:3",
                                             "zstd:3",
                                             "pgbackrest zst 3, process-max=2",
                                             {"--compress-type=zst", "--compress-level=3"},
                                             0.6},
                                            {"restore lz4:1",
                                             "lz4:1",
                                             "pgbackrest lz4 1, process-max=2",
                                             {"--compress-type=lz4", "--compress-level=1"},
                                             0.9}};
    for (const auto& one : cases) {
        run_case(options, report, one.name, [&] { run_restore(ground, report, one, program); });
    }

    for (const std::string compression : {"gzip:6", "zstd:3", "lz4:1", "none"}) {
        const std::string name = "verify " + compression;
        run_case(options, report, name, [&] { run_verify(ground, report, name, compression); });
    }
}

}  // namespace tsb::bench

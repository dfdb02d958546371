#include "tests/bench/cases.hpp"

#include <algorithm>

namespace tsb::bench {
namespace {

using test::Arguments;

struct BackupCase {
    const char* name;
    Arguments ours;
    const char* peer_name;
    Arguments peer;
    Bars bars;
    bool slow_peer = false;
};

std::vector<BackupCase> backup_cases() {
    return {
        {"backup gzip:6",
         {"--compress", "gzip:6"},
         "pg_basebackup -Ft -Z gzip:6",
         {"-Ft", "-Z", "gzip:6"},
         {0.25, 1.03},
         true},
        {"backup zstd:3",
         {"--compress", "zstd:3"},
         "pg_basebackup -Ft zstd:3 workers=2",
         {"-Ft", "-Z", "client-zstd:level=3,workers=2"},
         {0.95, 1.03}},
        {"backup lz4:1",
         {"--compress", "lz4:1"},
         "pg_basebackup -Ft client-lz4:1",
         {"-Ft", "-Z", "client-lz4:1"},
         {0.9, 1.05}},
        {"backup none", {"--compress", "none"}, "pg_basebackup -Ft", {"-Ft"}, {1.0, {}}},
        {"backup plain", {"--format", "plain"}, "pg_basebackup -Fp", {"-Fp"}, {1.0, {}}},
    };
}

void run_stream_case(Ground& ground, Report& report) {
    auto& contest = report.contests.emplace_back();
    contest.name = stream_limit;
    contest.subject.name = "pg_basebackup -D - >/dev/null";
    contest.cluster_bytes = ground.cluster_bytes();
    measure_stream(ground.server());  // warms the page cache
    hold(contest, {ground.options().runs, 0}, [&] { return measure_stream(ground.server()); }, {});
}

void run_backup_case(Ground& ground, Report& report, const BackupCase& wanted) {
    auto& contest = report.contests.emplace_back();
    contest.name = wanted.name;
    contest.subject = {"tsbackup", {}, true};
    contest.peer.name = wanted.peer_name;
    contest.bars = wanted.bars;
    contest.cluster_bytes = ground.cluster_bytes();
    contest.is_backup = true;
    const auto& options = ground.options();
    const int peer_rounds = wanted.slow_peer ? options.rounds_of_slow_peer() : options.runs;
    if (peer_rounds < options.runs) {
        report.notes.push_back(contest.peer.name + " had fewer rounds than ours: --slow-runs " +
                               std::to_string(peer_rounds));
    }
    hold(
        contest, {options.runs, peer_rounds},
        [&] { return measure_backup(ground.daemon(), "main", wanted.ours); },
        [&] { return measure_basebackup(ground.server(), ground.peer_directory(), wanted.peer); });
}

}  // namespace

void run_backup_cases(Ground& ground, Report& report) {
    const auto& options = ground.options();
    const auto cases = backup_cases();
    const bool any =
        std::ranges::any_of(cases, [&](const BackupCase& one) { return options.wants(one.name); });
    // Always before backups: their time is given in multiples of it.
    Options all = options;
    if (any) all.only.clear();
    run_case(all, report, stream_limit, [&] { run_stream_case(ground, report); });
    for (const auto& one : cases) {
        run_case(options, report, one.name, [&] { run_backup_case(ground, report, one); });
    }
}

}  // namespace tsb::bench

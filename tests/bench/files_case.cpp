// Many small files against the same bytes in few: what a file costs beyond its bytes.
#include <fstream>
#include <stdexcept>

#include "tests/bench/cases.hpp"
#include "tests/bench/dataset.hpp"
#include "tests/bench/sample_rows.hpp"

namespace tsb::bench {
namespace {

namespace fs = std::filesystem;
using test::PgServer;

constexpr std::size_t block = 8192;
constexpr int few_files = 2000;
constexpr double time_bar = 1.1;
constexpr const char* postgres_database = "5";       // its oid, since PostgreSQL 15
constexpr std::uint32_t first_relation = 1'000'000;  // beyond what the cluster has itself
constexpr std::size_t kinds_of_blocks = 4096;        // that differ

/// A running server whose database holds `count` more files of `blocks` blocks each, named as
/// relations are. No catalogue knows them; a base backup sends what is there.
std::unique_ptr<PgServer> server_with_files(int count, int blocks) {
    auto server = std::make_unique<PgServer>(bench_version());
    // What the files hold are no pages with checksums of theirs.
    test::RunOptions as_server;
    as_server.as_server_user = true;
    test::must_run({server->program("pg_checksums"), "--disable", "--pgdata", server->data()},
                   as_server);
    const auto directory = server->data() / "base" / postgres_database;
    const std::string content = sample_rows(kinds_of_blocks * block, 1);
    std::size_t next = 0;
    for (int number = 0; number < count; ++number) {
        const auto name = std::to_string(first_relation + static_cast<std::uint32_t>(number));
        std::ofstream file(directory / name, std::ios::binary);
        for (int i = 0; i < blocks; ++i) {
            file.write(content.data() + next * block, block);
            next = (next + 1) % kinds_of_blocks;
        }
        if (!file.flush()) throw std::runtime_error("cannot write " + name);
    }
    test::give_to_server_user(directory, true);
    server->start();
    return server;
}

struct FilesGround {
    std::unique_ptr<PgServer> many;
    std::unique_ptr<PgServer> few;
    std::unique_ptr<test::Daemon> daemon;
    std::string many_name;
    std::string few_name;
};

Contest& new_contest(Report& report, const FilesGround& ground, const std::string& name,
                     bool is_daemon) {
    auto& contest = report.contests.emplace_back();
    contest.name = name;
    contest.subject = {ground.many_name, {}, is_daemon};
    contest.peer = {ground.few_name, {}, is_daemon};
    contest.cluster_bytes = data_bytes(*ground.many);
    return contest;
}

void measure_files(const Options& options, Report& report) {
    FilesGround ground;
    // The same number of blocks in both.
    const int blocks = options.many_files / few_files;
    ground.many_name = std::to_string(few_files * blocks) + " files";
    ground.few_name = std::to_string(few_files) + " files, same bytes";
    ground.many = server_with_files(few_files * blocks, 1);
    ground.few = server_with_files(few_files, blocks);
    ground.daemon = std::make_unique<test::Daemon>(std::vector<test::ClusterEntry>{
        {"many", ground.many->connection()}, {"few", ground.few->connection()}});
    ground.daemon->start();
    const Rounds rounds{options.runs, options.runs};

    auto& limit = new_contest(report, ground, "files stream limit", false);
    measure_stream(*ground.many);
    measure_stream(*ground.few);
    hold(
        limit, rounds, [&] { return measure_stream(*ground.many); },
        [&] { return measure_stream(*ground.few); });
    for (const std::string compression : {"gzip:6", "lz4:1"}) {
        auto& contest = new_contest(report, ground, "files backup " + compression, true);
        contest.bars.time = time_bar;
        hold(
            contest, rounds,
            [&] {
                return measure_backup(*ground.daemon, "many", {"--compress", compression});
            },
            [&] {
                return measure_backup(*ground.daemon, "few", {"--compress", compression});
            });
    }
}

}  // namespace

void run_files_case(const Options& options, Report& report) {
    if (options.many_files == 0) return;
    run_case(options, report, "files", [&] { measure_files(options, report); });
}

}  // namespace tsb::bench

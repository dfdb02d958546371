// `list` of a repository with many backups.
#include <sys/stat.h>
#include <filesystem>

#include <stdexcept>

#include "core/repo/metadata.hpp"
#include "core/repo/names.hpp"
#include "tests/bench/cases.hpp"
#include "tests/bench/dataset.hpp"

namespace tsb::bench {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr double bar_seconds = 0.2;
constexpr int calls = 20;

/// Backups older than `id`, an hour apart, with its stored files: `list` looks whether they are
/// there.
void add_backups(const test::Daemon& daemon, const std::string& id, int count) {
    const auto directory = daemon.backup_directory(id);
    auto metadata = decode_metadata(test::read_file(directory / names::metadata_file));
    auto time = names::parse_backup_id(id).value();
    for (int number = 0; number < count; ++number) {
        time -= std::chrono::hours{1};
        metadata.id = names::backup_id(time);
        metadata.started_at -= std::chrono::hours{1};
        metadata.stopped_at -= std::chrono::hours{1};
        const auto place = directory.parent_path() / metadata.id;
        if (mkdir(place.c_str(), 0700) != 0) throw std::runtime_error("cannot make " + metadata.id);
        for (const auto& file : metadata.files) {
            std::filesystem::create_hard_link(directory / file.name, place / file.name);
        }
        test::write_file(place / names::metadata_file, encode_metadata(metadata));
    }
    test::give_to_server_user(directory.parent_path(), true);
}

void require_all_good(test::Daemon& daemon, std::size_t count) {
    const auto backups = daemon.ask({"list"}).at("backups");
    std::size_t good = 0;
    for (const auto& backup : backups) good += backup.at("state") == "good" ? 1 : 0;
    if (good != count) {
        throw std::runtime_error(std::to_string(good) + " of " + std::to_string(count) +
                                 " backups are listed as good");
    }
}

void measure_list(const Options& options, Report& report) {
    test::PgServer server(bench_version());
    server.start();
    test::Daemon daemon(server);
    daemon.start();
    add_backups(daemon, daemon.backup(), options.many_backups - 1);
    require_all_good(daemon, static_cast<std::size_t>(options.many_backups));
    std::vector<double> seconds;
    for (int call = 0; call < calls; ++call) {
        const auto start = SteadyClock::now();
        const auto result = daemon.ctl({"list"});
        seconds.push_back(std::chrono::duration<double>(SteadyClock::now() - start).count());
        if (result.status != 0) throw std::runtime_error("list: " + result.err);
    }
    const auto how = std::to_string(options.many_backups) + " backups, " + std::to_string(calls) +
                     " calls, page cache warm";
    report.figures.push_back({"list, median", quantile(seconds, 0.5), "s", bar_seconds, how});
    report.figures.push_back({"list, slowest", quantile(seconds, 1), "s", {}, how});
}

}  // namespace

void run_list_case(const Options& options, Report& report) {
    if (options.many_backups == 0) return;
    run_case(options, report, "list", [&] { measure_list(options, report); });
}

}  // namespace tsb::bench

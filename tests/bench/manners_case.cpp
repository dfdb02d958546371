// What a good neighbour on a database host keeps to: max_rate, and little when there is nothing to
// do.
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "tests/bench/cases.hpp"

namespace tsb::bench {
namespace {

constexpr double rate_mb = 256;
constexpr double rate_bar_percent = 5;
constexpr unsigned idle_seconds = 120;  // CPU is counted in hundredths of a second
constexpr double idle_cpu_bar_percent = 0.1;
constexpr double idle_memory_bar_mb = 30;
constexpr double mebi = 1 << 20;

double deviation_percent(test::Daemon& daemon) {
    const auto run =
        measure_request(daemon, {"backup", "main", "--compress", "none", "--max-rate", "256MB"});
    const auto& backup = run.answer.at("backup");
    std::filesystem::remove_all(daemon.backup_directory(run.answer.at("backup_id")));
    const double seconds = backup.at("copy_ms").get<double>() / 1000;
    const double rate = backup.at("cluster_bytes").get<double>() / mebi / seconds;
    return std::abs(rate - rate_mb) / rate_mb * 100;
}

void measure_rate(Ground& ground, Report& report) {
    std::vector<double> deviations;
    for (int run = 0; run < ground.options().runs; ++run) {
        deviations.push_back(deviation_percent(ground.daemon()));
    }
    report.figures.push_back({"max_rate, greatest deviation", quantile(deviations, 1), "%",
                              rate_bar_percent,
                              std::to_string(deviations.size()) + " backups at 256 MB/s"});
}

void measure_idle(Ground& ground, Report& report) {
    const pid_t daemon = ground.daemon().pid();
    const double before = cpu_seconds_of(daemon);
    sleep(idle_seconds);
    const double used = cpu_seconds_of(daemon) - before;
    const auto how = std::to_string(idle_seconds) + " s, after the cases above";
    report.figures.push_back(
        {"idle, CPU", used / idle_seconds * 100, "%", idle_cpu_bar_percent, how});
    report.figures.push_back({"idle, memory", static_cast<double>(resident_bytes_of(daemon)) / mebi,
                              "MB", idle_memory_bar_mb, how});
}

}  // namespace

void run_manners_cases(Ground& ground, Report& report) {
    run_case(ground.options(), report, "max_rate", [&] { measure_rate(ground, report); });
    run_case(ground.options(), report, "idle", [&] { measure_idle(ground, report); });
}

}  // namespace tsb::bench

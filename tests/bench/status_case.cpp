#include <unistd.h>

#include <stdexcept>

#include "tests/bench/cases.hpp"

namespace tsb::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double bar_ms = 50;
constexpr double tail = 0.99;
constexpr unsigned pause_us = 10'000;  // a user asks now and then; a storm would slow the backup

// "Unhealthy", as a repository with no backup yet is.
constexpr int unhealthy = 5;

double status_ms(test::Daemon& daemon) {
    const auto start = SteadyClock::now();
    const auto result = daemon.ctl({"--json", "status"});
    const std::chrono::duration<double, std::milli> taken = SteadyClock::now() - start;
    if (result.status != 0 && result.status != unhealthy) {
        throw std::runtime_error("status: " + result.out + result.err);
    }
    return taken.count();
}

void measure_status(Ground& ground, Report& report) {
    auto& daemon = ground.daemon();
    auto backup = daemon.ctl_beside({"backup", "main", "--no-progress", "--compress", "gzip:6"},
                                    daemon.scratch() / "status_case.log");
    std::vector<double> milliseconds;
    do {
        milliseconds.push_back(status_ms(daemon));
        usleep(pause_us);
    } while (backup.running());
    if (backup.wait() != 0) {
        throw std::runtime_error(test::read_file(daemon.scratch() / "status_case.log"));
    }
    std::filesystem::remove_all(daemon.backup_directory(daemon.listed().back()));
    const auto calls = std::to_string(milliseconds.size()) + " calls during a backup gzip:6";
    report.figures.push_back({"status, median", quantile(milliseconds, 0.5), "ms", {}, calls});
    report.figures.push_back(
        {"status, 99th percentile", quantile(milliseconds, tail), "ms", bar_ms, calls});
    report.figures.push_back({"status, slowest", quantile(milliseconds, 1), "ms", {}, calls});
}

}  // namespace

void run_status_case(Ground& ground, Report& report) {
    run_case(ground.options(), report, "status", [&] { measure_status(ground, report); });
}

}  // namespace tsb::bench

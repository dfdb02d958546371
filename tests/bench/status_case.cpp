#include <unistd.h>

#include <deque>
#include <stdexcept>

#include "tests/bench/cases.hpp"
#include "tests/integration/raw_request.hpp"

namespace tsb::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double bar_ms = 50;
constexpr double tail = 0.99;
constexpr unsigned pause_us = 10'000;  // a user asks now and then; a storm would slow the backup

// "Unhealthy", as a repository with no backup yet is.
constexpr int unhealthy = 5;

// Hostile clients that stay connected; the daemon has room for 32 in all.
constexpr std::size_t held_at_once = 16;

/// As many clients mean ill as ask for the status: they keep silent, send no request, or too much.
class HostileHalf {
public:
    explicit HostileHalf(std::filesystem::path socket) : socket_(std::move(socket)) {}

    void add_one() {
        held_.emplace_back(socket_);
        const std::size_t kind = ++count_ % 4;
        if (kind == 1) held_.back().send("{\"v\":1,");
        if (kind == 2) held_.back().send(std::string(60'000, '[') + "\n");
        if (kind == 3) held_.back().send(std::string(80'000, 'x'));
        if (held_.size() > held_at_once) held_.pop_front();
    }

private:
    std::filesystem::path socket_;
    std::deque<test::RawClient> held_;
    std::size_t count_ = 0;
};

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
    HostileHalf hostile(test::socket_of(daemon));
    auto backup = daemon.ctl_beside({"backup", "main", "--no-progress", "--compress", "gzip:6"},
                                    daemon.scratch() / "status_case.log");
    std::vector<double> milliseconds;
    do {
        hostile.add_one();
        milliseconds.push_back(status_ms(daemon));
        usleep(pause_us);
    } while (backup.running());
    if (backup.wait() != 0) {
        throw std::runtime_error(test::read_file(daemon.scratch() / "status_case.log"));
    }
    std::filesystem::remove_all(daemon.backup_directory(daemon.listed().back()));
    const auto calls = std::to_string(milliseconds.size()) +
                       " calls during a backup gzip:6, as many hostile clients beside them";
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

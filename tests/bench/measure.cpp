#include "tests/bench/measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/bench/interrupt.hpp"

namespace tsb::bench {
namespace {

namespace fs = std::filesystem;
using test::Arguments;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

fs::path proc_file(pid_t pid, const char* name) {
    return fs::path("/proc") / std::to_string(pid) / name;
}

std::uint64_t status_bytes_of(pid_t pid, const std::string& key) {
    const auto text = test::read_file(proc_file(pid, "status"));
    const auto at = text.find(key + ":");
    if (at == std::string::npos) throw std::runtime_error("no " + key + " of the daemon");
    return std::stoull(text.substr(at + key.size() + 1)) * 1024;
}

std::uint64_t peak_bytes_of(pid_t pid) {
    return status_bytes_of(pid, "VmHWM");
}

// The daemon cannot be traced, so its files in /proc are root's: others cannot do this.
void reset_peak_of(pid_t pid) {
    std::ofstream file(proc_file(pid, "clear_refs"));
    file << "5" << std::flush;
    static bool told = false;
    if (!file && !told) {
        told = true;
        std::cerr << "bench: not root: peak memory is that of the daemon's life, not of one run\n";
    }
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

nlohmann::json answer_in(const test::CommandResult& result, const Arguments& arguments) {
    if (result.status != 0) {
        throw std::runtime_error("tsbackupctl " + arguments.front() + ": exit status " +
                                 std::to_string(result.status) + "\n" + result.out + result.err);
    }
    std::istringstream lines(result.out);
    std::string last;
    for (std::string line; std::getline(lines, line);) last = line;
    return nlohmann::json::parse(last).at("ok");
}

void settle() {
    throw_if_interrupted();
    sync();
}

}  // namespace

double cpu_seconds_of(pid_t pid) {
    const auto text = test::read_file(proc_file(pid, "stat"));
    // The name in parentheses may hold anything: fields are counted behind it, from the state on.
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes_of(pid_t pid) {
    return status_bytes_of(pid, "VmRSS");
}

test::RunOptions patient_options() {
    auto options = test::program_options();
    options.limit = std::chrono::hours{6};
    return options;
}

DaemonRun measure_request(test::Daemon& daemon, const Arguments& arguments) {
    Arguments argv{test::program_path("tsbackupctl"), "--socket",
                   daemon.scratch() / "run/control.sock", "--json"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.emplace_back("--no-progress");
    settle();
    reset_peak_of(daemon.pid());
    DaemonRun run;
    const double cpu_before = cpu_seconds_of(daemon.pid());
    const auto start = SteadyClock::now();
    const auto result = test::run_program(argv, patient_options());
    run.sample.seconds = seconds_since(start);
    run.sample.cpu_seconds = cpu_seconds_of(daemon.pid()) - cpu_before;
    run.sample.peak_bytes = peak_bytes_of(daemon.pid());
    run.answer = answer_in(result, arguments);
    return run;
}

Sample measure_program(const Arguments& argv) {
    settle();
    reset_peak_of(getpid());  // what a program inherits, see the header
    const auto start = SteadyClock::now();
    const auto result = test::run(argv, patient_options());
    Sample sample;
    sample.seconds = seconds_since(start);
    if (result.status != 0) {
        throw std::runtime_error(argv.front() + ": exit status " + std::to_string(result.status) +
                                 "\n" + result.out + result.err);
    }
    sample.cpu_seconds = seconds_of(result.usage.ru_utime) + seconds_of(result.usage.ru_stime);
    sample.peak_bytes = static_cast<std::uint64_t>(result.usage.ru_maxrss) * 1024;
    return sample;
}

double quantile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    const double position = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(position));
    const auto above = static_cast<std::size_t>(std::ceil(position));
    return values[below] + (values[above] - values[below]) * (position - std::floor(position));
}

std::vector<double> column(const std::vector<Sample>& samples, double Sample::*field) {
    std::vector<double> values;
    for (const auto& sample : samples) values.push_back(sample.*field);
    return values;
}

std::vector<double> column(const std::vector<Sample>& samples, std::uint64_t Sample::*field) {
    std::vector<double> values;
    for (const auto& sample : samples) values.push_back(static_cast<double>(sample.*field));
    return values;
}

}  // namespace tsb::bench

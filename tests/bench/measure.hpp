// One run of something, as a user waits for it: from the start of a program to its exit.
//
// Before each run all dirty pages are written back, so that none pays for the run before it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/support/daemon.hpp"

namespace tsb::bench {

struct Sample {
    double seconds = 0;
    double cpu_seconds = 0;  // user and system, without the server's
    std::uint64_t peak_bytes = 0;
    std::uint64_t stored_bytes = 0;  // of a backup; else 0
};

/// A request to the daemon, asked by tsbackupctl. CPU and peak are the daemon's, the peak in this
/// run alone.
struct DaemonRun {
    Sample sample;
    nlohmann::json answer;
};
DaemonRun measure_request(test::Daemon& daemon, const test::Arguments& arguments);

/// Another program, run as the account of the servers. CPU is its and its children's, the peak that
/// of the largest of them, though at least what this process holds, a few MB, since Linux counts
/// what a process was before it became another program. Throws unless it exits with 0.
Sample measure_program(const test::Arguments& argv);

/// What a process has used so far, its ended threads included.
double cpu_seconds_of(pid_t pid);
/// What it holds in memory now.
std::uint64_t resident_bytes_of(pid_t pid);

/// The account and the patience with which programs are run here.
test::RunOptions patient_options();

/// Of a list that is not empty; `share` 0.5: the median, 1: the greatest.
double quantile(std::vector<double> values, double share);

/// One figure of each sample.
std::vector<double> column(const std::vector<Sample>& samples, double Sample::*field);
std::vector<double> column(const std::vector<Sample>& samples, std::uint64_t Sample::*field);

}  // namespace tsb::bench

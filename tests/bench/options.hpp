// The command line of tsb_bench.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace tsb::bench {

struct Options {
    int size_mb = 3000;             // of the data set
    int runs = 5;                   // rounds of each case
    int slow_runs = 0;              // rounds of the peer that takes minutes; 0: as many as the rest
    std::vector<std::string> only;  // parts of case names; empty: all
    std::string json_file;
    std::string scratch;   // directory on a disk; empty: the first fitting one
    int many_files = 0;    // 0: without the case of many files
    int many_backups = 0;  // 0: without the case of many backups

    bool wants(const std::string& case_name) const;
    int rounds_of_slow_peer() const;
};

/// What is wrong with the command line; for --help, what it may be.
struct Usage : std::runtime_error {
    Usage(const std::string& text, int exit_status)
        : std::runtime_error(text), status(exit_status) {}
    int status;
};

/// Throws Usage.
Options parse_options(const std::vector<std::string>& words);

}  // namespace tsb::bench

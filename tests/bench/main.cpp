// make bench: our backups, restores and verifies against those of every peer that is here, on one
// machine, in turn. It judges no run: the exit status says only whether all cases came to an end.
#include <iostream>

#include "core/base/human.hpp"
#include "tests/bench/cases.hpp"
#include "tests/bench/facts.hpp"
#include "tests/bench/interrupt.hpp"
#include "tests/bench/place.hpp"

namespace tsb::bench {
namespace {

/// What the cases need at the same time, in multiples of the data set: itself with what its
/// building leaves, the kept backups, pgBackRest's, and one run's output.
constexpr std::uint64_t copies_of_data = 5;
constexpr std::uint64_t bytes_beside = 2ULL << 30U;
constexpr std::uint64_t bytes_per_file = 5 * 8192;

std::uint64_t needed_bytes(const Options& options) {
    return copies_of_data * (static_cast<std::uint64_t>(options.size_mb) << 20U) +
           bytes_per_file * static_cast<std::uint64_t>(options.many_files) + bytes_beside;
}

void run_cases(const Options& options, Report& report) {
    Ground ground(options);
    run_backup_cases(ground, report);
    run_restore_cases(ground, report);
    run_status_case(ground, report);
    run_manners_cases(ground, report);
    if (ground.made()) {
        report.facts.emplace_back("server", ground.server().query("show server_version"));
        report.facts.emplace_back("cluster", human_size(ground.cluster_bytes()));
    }
    run_files_case(options, report);
    run_list_case(options, report);
}

int run_bench(const Options& options) {
    catch_interrupts();
    const auto place = settle_on_place(options.scratch, needed_bytes(options));
    Report report;
    report.facts = machine_facts(place);
    try {
        run_cases(options, report);
    } catch (const std::exception& error) {
        // What was measured until here is shown all the same.
        report.failures.emplace_back(error.what());
    }
    report.conclude();
    std::cout << as_table(report) << std::flush;
    if (!options.json_file.empty()) test::write_file(options.json_file, as_json(report));
    return report.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace tsb::bench

int main(int argc, char** argv) {
    try {
        const auto options = tsb::bench::parse_options({argv + 1, argv + argc});
        return tsb::bench::run_bench(options);
    } catch (const tsb::bench::Usage& usage) {
        (usage.status == 0 ? std::cout : std::cerr) << usage.what() << "\n";
        return usage.status;
    } catch (const std::exception& error) {
        std::cerr << "bench: " << error.what() << "\n";
        return 1;
    }
}

// What several groups of cases are made of.
#include <iostream>

#include "tests/bench/cases.hpp"
#include "tests/bench/interrupt.hpp"
#include "tests/bench/place.hpp"

namespace tsb::bench {

namespace fs = std::filesystem;
using test::Arguments;

Sample measure_backup(test::Daemon& daemon, const std::string& cluster,
                      const Arguments& backup_options) {
    Arguments request{"backup", cluster};
    request.insert(request.end(), backup_options.begin(), backup_options.end());
    auto run = measure_request(daemon, request);
    const std::string id = run.answer.at("backup_id");
    const auto directory = daemon.repository() / cluster / "backups" / id;
    run.sample.stored_bytes = tree_bytes(directory);
    fs::remove_all(directory);
    return run.sample;
}

Sample measure_basebackup(const test::PgServer& server, const fs::path& parent,
                          const Arguments& options) {
    const NewPlace place(parent);
    Arguments argv{server.program("pg_basebackup"),
                   "--dbname",
                   server.connection(),
                   "--pgdata",
                   place.path(),
                   "--checkpoint=fast",
                   "--wal-method=stream"};
    argv.insert(argv.end(), options.begin(), options.end());
    auto sample = measure_program(argv);
    sample.stored_bytes = tree_bytes(place.path());
    return sample;
}

Sample measure_stream(const test::PgServer& server) {
    return measure_program({"sh", "-c", "exec \"$@\" >/dev/null", "sh",
                            server.program("pg_basebackup"), "--dbname", server.connection(),
                            "--pgdata=-", "--format=tar", "--checkpoint=fast",
                            "--wal-method=none"});
}

void run_case(const Options& options, Report& report, const std::string& name,
              const std::function<void()>& action) {
    if (!options.wants(name)) return;
    throw_if_interrupted();
    try {
        action();
    } catch (const std::exception& error) {
        throw_if_interrupted();
        report.failures.push_back(name + ": " + error.what());
        std::cerr << report.failures.back() << "\n";
    }
}

}  // namespace tsb::bench

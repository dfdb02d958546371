#include "tests/bench/pgbackrest.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/bench/place.hpp"

namespace tsb::bench {
namespace {

using test::Arguments;

// The first 2.x release that knows PostgreSQL 17.
constexpr int release_for_pg17 = 54;

std::vector<std::string> candidates() {
    std::vector<std::string> found;
    if (const char* chosen = std::getenv("TSB_PGBACKREST")) found.emplace_back(chosen);
    const char* root = std::getenv("TSB_PG17_ROOT");
    found.push_back(std::string(root != nullptr ? root : "/var/cache/tsbackup/pg17-root") +
                    "/usr/bin/pgbackrest");
    found.emplace_back("/usr/bin/pgbackrest");
    return found;
}

int release_of(const std::string& program) {
    if (access(program.c_str(), X_OK) != 0) return 0;
    const std::string text = pgbackrest_version(program);
    const auto dot = text.find("2.");
    return dot == std::string::npos ? 0 : std::atoi(text.c_str() + dot + 2);
}

}  // namespace

std::string pgbackrest_version(const std::string& program) {
    const std::string text = test::run({program, "version"}).out;
    return text.substr(0, text.find('\n'));
}

std::string find_pgbackrest(test::PgVersion version, std::string& why) {
    why = "pgBackRest is not installed";
    for (const auto& program : candidates()) {
        const int release = release_of(program);
        if (release == 0) continue;
        if (version != test::PgVersion::pg17 || release >= release_for_pg17) return program;
        why = "the installed pgBackRest 2." + std::to_string(release) +
              " does not know PostgreSQL 17";
    }
    return {};
}

PgBackRest::PgBackRest(std::string program, const test::PgServer& server,
                       const Arguments& compression)
    : program_(std::move(program)) {
    for (const char* name : {"repository", "lock", "spool", "log"}) scratch_.directory(name);
    write_configuration(server);
    test::must_run(command(server.data(), {"stanza-create"}), patient_options());
    // No WAL archive: the restored tree is measured, never started.
    Arguments backup{"--type=full", "--start-fast", "--no-archive-check"};
    backup.insert(backup.end(), compression.begin(), compression.end());
    backup.emplace_back("backup");
    test::must_run(command(server.data(), backup), patient_options());
    stored_bytes_ = tree_bytes(scratch_ / "repository/backup");
}

Sample PgBackRest::restore(const std::filesystem::path& target) const {
    auto sample = measure_program(command(target, {"restore"}));
    sample.stored_bytes = stored_bytes_;
    return sample;
}

// In a file, where options that one of its commands does not know are passed over.
void PgBackRest::write_configuration(const test::PgServer& server) const {
    const auto path = [&](const char* name) { return (scratch_ / name).string() + "\n"; };
    const std::string text =
        "[global]\nprocess-max=2\nlog-level-console=error\n"
        "log-level-file=off\nrepo1-retention-full=1\nrepo1-path=" +
        path("repository") + "lock-path=" + path("lock") + "spool-path=" + path("spool") +
        "log-path=" + path("log") +
        "[main]\npg1-user=postgres\npg1-socket-path=" + server.scratch().path().string() +
        "\npg1-port=" + std::to_string(server.port()) + "\n";
    test::write_file(scratch_ / "pgbackrest.conf", text);
    test::give_to_server_user(scratch_ / "pgbackrest.conf");
}

Arguments PgBackRest::command(const std::filesystem::path& data, const Arguments& words) const {
    Arguments argv{program_, "--config=" + (scratch_ / "pgbackrest.conf").string(), "--stanza=main",
                   "--pg1-path=" + data.string()};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
}

}  // namespace tsb::bench

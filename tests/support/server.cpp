#include "tests/support/server.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/support/raw_client.hpp"

namespace tsb::test {
namespace {

namespace fs = std::filesystem;

RunOptions as_server() {
    RunOptions options;
    options.as_server_user = true;
    return options;
}

bool programs_exist(PgVersion version) {
    return fs::exists(server_programs(version) / "initdb");
}

std::vector<PgVersion> find_versions() {
    std::vector<PgVersion> found;
    for (const auto version : {PgVersion::pg15, PgVersion::pg17}) {
        if (programs_exist(version)) {
            found.push_back(version);
            continue;
        }
        const auto number = std::to_string(static_cast<int>(version));
        std::cerr << "\n*** NOT RUN: every test on PostgreSQL " << number << ": no programs in "
                  << server_programs(version).string() << " ***\n\n";
        const char* ci = std::getenv("CI");
        if (ci != nullptr && std::string(ci) == "true") {
            throw std::runtime_error("PostgreSQL " + number + " must be there when CI=true");
        }
    }
    return found;
}

void make_cluster(PgVersion version, const fs::path& data) {
    must_run({server_programs(version) / "initdb", "--pgdata", data, "--data-checksums",
              "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
              "--no-sync", "--no-instructions"},
             as_server());
}

std::vector<std::string> base_settings(PgVersion version) {
    std::vector<std::string> lines{"fsync = off",           "shared_buffers = 16MB",
                                   "max_wal_senders = 8",   "max_connections = 40",
                                   "log_checkpoints = off", "log_line_prefix = '%m [%p] %a '",
                                   "autovacuum = off"};
    if (version == PgVersion::pg17) {
        lines.insert(lines.end(),
                     {"shared_preload_libraries = 'timescaledb'",
                      "timescaledb.telemetry_level = off", "max_worker_processes = 16"});
    }
    return lines;
}

void append_lines(const fs::path& file, const std::vector<std::string>& lines) {
    std::ofstream stream(file, std::ios::app);
    for (const auto& line : lines) stream << line << "\n";
}

}  // namespace

fs::path server_programs(PgVersion version) {
    if (version == PgVersion::pg15) return "/usr/lib/postgresql/15/bin";
    const char* root = std::getenv("TSB_PG17_ROOT");
    return fs::path(root != nullptr ? root : "/var/cache/tsbackup/pg17-root") /
           "usr/lib/postgresql/17/bin";
}

const std::vector<PgVersion>& server_versions() {
    static const std::vector<PgVersion> versions = find_versions();
    return versions;
}

bool have_server(PgVersion version) {
    for (const auto present : server_versions()) {
        if (present == version) return true;
    }
    return false;
}

PgServer::PgServer(PgVersion version, const std::vector<std::string>& settings)
    : version_(version), data_(scratch_ / "data"), port_(free_port()) {
    make_cluster(version, data_);
    append_lines(data_ / "postgresql.conf", base_settings(version));
    append_lines(data_ / "postgresql.conf", settings);
}

PgServer::PgServer(PgVersion version, const ExistingData& data)
    : version_(version), data_(data.path), port_(free_port()) {}

std::unique_ptr<PgServer> PgServer::standby_of(PgServer& primary) {
    auto standby = std::make_unique<PgServer>(primary.version_, ExistingData());
    standby->data_ = standby->scratch_ / "data";
    must_run({primary.program("pg_basebackup"), "--dbname", primary.connection(), "--pgdata",
              standby->data_, "--checkpoint=fast", "--write-recovery-conf", "--no-sync"},
             as_server());
    return standby;
}

PgServer::~PgServer() {
    try {
        if (process_.running()) stop(SIGQUIT);
    } catch (const std::exception& error) {
        std::cerr << "server in " << data_.string() << ": " << error.what() << "\n";
    }
}

Arguments PgServer::command_line() const {
    return {program("postgres"),
            "-D",
            data_,
            "-c",
            "port=" + std::to_string(port_),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=" + scratch_.path().string(),
            "-c",
            "logging_collector=off",
            "-c",
            "log_destination=stderr"};
}

bool PgServer::try_start() {
    process_ = Background(command_line(), as_server(), scratch_ / "log");
    bool ready = false;
    const bool decided = eventually([&] {
        if (!process_.running()) return true;
        ready = run({program("psql"), "-XAtq", "-d", connection(), "-c", "select 1"}).status == 0;
        return ready;
    });
    if (!decided) throw std::runtime_error("server neither starts nor ends:\n" + log());
    return ready;
}

void PgServer::start() {
    if (!try_start()) throw std::runtime_error("server does not start:\n" + log());
}

void PgServer::stop(int number) {
    process_.signal(number);
    process_.signal(SIGCONT);
    process_.wait();
}

void PgServer::crash() {
    const auto task = fs::path("/proc") / std::to_string(process_.pid()) / "task" /
                      std::to_string(process_.pid()) / "children";
    std::istringstream children(read_file(task));
    process_.signal(SIGKILL);
    process_.wait();
    // A new postmaster refuses to start while children of the old one hold its shared memory.
    for (std::string child; children >> child;) {
        if (!eventually([&] { return !fs::exists("/proc/" + child); })) {
            throw std::runtime_error("process " + child + " outlives its postmaster");
        }
    }
}

void PgServer::reload() {
    process_.signal(SIGHUP);
}

std::string PgServer::query(const std::string& sql, const std::string& database) {
    RunOptions options;
    options.input = sql;
    auto out = must_run({program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d",
                         connection() + " dbname='" + database + "'", "-f", "-"},
                        options);
    if (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

void PgServer::promote() {
    query("select pg_promote(true, 60)");
}

void PgServer::wait_for_writes() {
    const auto writable = [&] {
        if (!process_.running()) throw std::runtime_error("server ended:\n" + log());
        return query("select pg_is_in_recovery()") == "f";
    };
    if (!eventually(writable)) throw std::runtime_error("recovery does not end:\n" + log());
}

std::string PgServer::amcheck() {
    const auto result = run({program("pg_amcheck"), "--host", scratch_.path(), "--port",
                             std::to_string(port_), "--username", "postgres", "--all",
                             "--install-missing", "--heapallindexed", "--parent-check"});
    if (result.status == 0) return result.out;
    return "exit status " + std::to_string(result.status) + "\n" + result.out + result.err;
}

void PgServer::add_hba(const std::string& lines) {
    const auto file = data_ / "pg_hba.conf";
    write_file(file, lines + "\n" + read_file(file));
    reload();
    // The postmaster reads the file when the signal reaches it; its own view shows that it did.
}

bool PgServer::slots_go_away() {
    return eventually([&] { return slots() == "0"; });
}

std::string PgServer::log() const {
    return read_file(scratch_ / "log");
}

std::string PgServer::program(const std::string& name) const {
    return server_programs(version_) / name;
}

std::string PgServer::connection(const std::string& user) const {
    return "host=" + scratch_.path().string() + " port=" + std::to_string(port_) + " user=" + user +
           " dbname=postgres";
}

std::string PgServer::tcp_connection(const std::string& user) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + user + " dbname=postgres";
}

PgServer& shared_server(PgVersion version) {
    static std::map<PgVersion, std::unique_ptr<PgServer>> servers;
    auto& server = servers[version];
    if (server == nullptr) {
        server = std::make_unique<PgServer>(version);
        server->start();
    }
    return *server;
}

}  // namespace tsb::test

#include <unistd.h>

#include <functional>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/backup.hpp"
#include "core/ops/backup_checks.hpp"

namespace tsb {

namespace asio = boost::asio;

namespace {

using Lines = std::vector<CheckLine>;

void add_line(Lines& lines, CheckLine::Result result, std::string what, std::string detail,
              std::string hint = {}) {
    lines.push_back({result, std::move(what), std::move(detail), std::move(hint)});
}

void add_failure(Lines& lines, std::string what, const Error& error) {
    add_line(lines, CheckLine::Result::fail, std::move(what), error.what(), error.hint());
}

/// Runs one check that throws its finding; its line is `passed` when it does not.
void check_step(Lines& lines, const std::string& what, const std::function<std::string()>& step) {
    try {
        add_line(lines, CheckLine::Result::pass, what, step());
    } catch (const Error& error) {
        add_failure(lines, what, error);
    }
}

void add_fact_lines(Lines& lines, const ClusterFacts& facts, Repository& repository,
                    const BackupOptions& options) {
    std::uint64_t total = 0;
    for (const DatabaseInfo& database : facts.databases) {
        total += database.size_bytes;
        if (!database.problem.empty()) {
            add_line(lines, CheckLine::Result::warn,
                     database.name.empty() ? "databases" : "database " + database.name,
                     database.problem,
                     "a backup works without it, but cannot record sizes and the TimescaleDB "
                     "version");
        } else if (!database.timescaledb_version.empty()) {
            add_line(lines, CheckLine::Result::pass, "database " + database.name,
                     "TimescaleDB " + database.timescaledb_version + " (" +
                         database.timescaledb_license + ")");
        }
    }
    check_step(lines, "space", [&] {
        require_space(repository, options, total);
        return human_size(repository.free_bytes()) + " free, databases hold " + human_size(total);
    });
}

/// Both sessions of a backup and its slot, which goes with them, or the failure of one as a line.
asio::awaitable<void> check_sessions(Lines& lines, const BackupOptions& options,
                                     Repository& repository, const SessionFactory& connect,
                                     const JobContext& job) {
    const std::unique_ptr<ReplicationSession> data = co_await connect(options.connection, job.stop);
    const std::unique_ptr<ReplicationSession> wal = co_await connect(options.connection, job.stop);
    add_line(lines, CheckLine::Result::pass, "connection", "two replication sessions opened");
    const BackupSource source = co_await check_source(*data, *wal, options.compression);
    add_line(lines, CheckLine::Result::pass, "server",
             "PostgreSQL " + source.settings.version_text + ", wal_level " +
                 source.settings.wal_level + ", max_wal_senders " +
                 std::to_string(source.settings.max_wal_senders));
    const std::string slot = "tsbackup_check_" + std::to_string(getpid());
    co_await wal->execute(create_slot_command(source.server_version, slot), command_limit);
    if (!source.settings.data_checksums) {
        add_line(lines, CheckLine::Result::warn, "data checksums",
                 "off: damage on the server's disk cannot be noticed by a backup",
                 "enable them with pg_checksums while the server is stopped");
    }
    check_step(lines, "system identifier", [&] {
        require_own_repository(repository, options.cluster, source.identity.system_identifier);
        return std::to_string(source.identity.system_identifier) + ", timeline " +
               std::to_string(source.identity.timeline);
    });
}

}  // namespace

asio::awaitable<std::vector<CheckLine>> check_cluster(const BackupOptions& options,
                                                      Repository& repository,
                                                      const SessionFactory& connect,
                                                      JobContext& job) {
    Lines lines;
    try {
        co_await check_sessions(lines, options, repository, connect, job);
    } catch (const Error& error) {
        add_failure(lines, lines.empty() ? "connection" : "server", error);
        co_return lines;
    }
    const ClusterFacts facts = co_await read_cluster_facts(connect, options.connection, job.stop);
    add_fact_lines(lines, facts, repository, options);
    co_return lines;
}

}  // namespace tsb

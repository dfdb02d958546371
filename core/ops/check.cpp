#include <spdlog/fmt/fmt.h>

#include <functional>
#include <random>

#include "core/base/error.hpp"
#include "core/base/human.hpp"
#include "core/ops/backup.hpp"
#include "core/ops/backup_checks.hpp"
#include "core/pg/own_slots.hpp"

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

/// Unique among the processes of all hosts: a server may be checked by several at once.
std::string check_slot_name() {
    std::random_device random;
    return fmt::format("{}check_{:08x}{:08x}", slot_prefix, random(), random());
}

asio::awaitable<void> add_slot_lines(Lines& lines, const BackupOptions& options,
                                     const SessionFactory& connect, const std::string& checked,
                                     const JobContext& job) {
    const std::string what = "replication slots";
    std::vector<OwnSlot> slots;
    std::string problem;
    try {
        slots = co_await read_own_slots(connect, options.connection, job.stop);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::cancelled) throw;
        problem = error.what();
    }
    if (!problem.empty()) {
        add_line(lines, CheckLine::Result::warn, what, problem, "a backup works without it");
        co_return;
    }
    std::erase_if(slots, [&](const OwnSlot& slot) { return slot.name == checked; });
    for (const OwnSlot& slot : slots) {
        if (slot.held_by) {
            add_line(lines, CheckLine::Result::pass, what, describe_slot(slot));
        } else {
            add_line(lines, CheckLine::Result::warn, what, describe_slot(slot), slot_remedy(slot));
        }
    }
    if (slots.empty()) add_line(lines, CheckLine::Result::pass, what, "none of ours is left");
}

/// Both sessions of a backup and its `slot`, which goes with them, or the failure of one as a line.
asio::awaitable<void> check_sessions(Lines& lines, const BackupOptions& options,
                                     Repository& repository, const SessionFactory& connect,
                                     const std::string& slot, const JobContext& job) {
    const std::unique_ptr<ReplicationSession> data = co_await connect(options.connection, job.stop);
    const std::unique_ptr<ReplicationSession> wal = co_await connect(options.connection, job.stop);
    add_line(lines, CheckLine::Result::pass, "connection", "two replication sessions opened");
    const BackupSource source = co_await check_source(*data, *wal, options.compression);
    add_line(lines, CheckLine::Result::pass, "server",
             "PostgreSQL " + source.settings.version_text + ", wal_level " +
                 source.settings.wal_level + ", max_wal_senders " +
                 std::to_string(source.settings.max_wal_senders));
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
    const std::string slot = check_slot_name();
    try {
        co_await check_sessions(lines, options, repository, connect, slot, job);
    } catch (const Error& error) {
        add_failure(lines, lines.empty() ? "connection" : "server", error);
        co_return lines;
    }
    const ClusterFacts facts = co_await read_cluster_facts(connect, options.connection, job.stop);
    add_fact_lines(lines, facts, repository, options);
    co_await add_slot_lines(lines, options, connect, slot, job);
    co_return lines;
}

}  // namespace tsb

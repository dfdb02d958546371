#include "tests/bench/dataset.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iostream>

#include "tests/bench/measure.hpp"

namespace tsb::bench {
namespace {

using test::PgServer;
using test::PgVersion;

// As measured: a row with its index entry, a unit of pgbench's scale.
constexpr double bytes_per_metric = 111.5;
constexpr double bytes_per_scale = 15.7e6;
constexpr double metrics_share = 0.7;

constexpr std::int64_t rows_per_day = 864'000;  // 100 devices, every 10 seconds

constexpr const char* plain_table = R"sql(
create table metrics (time timestamptz not null, device int not null, cpu float8, memory float8,
    temperature float8, requests int, status text);
)sql";

constexpr const char* hypertable = R"sql(
set client_min_messages = error;
create extension timescaledb;
select create_hypertable('metrics', 'time', chunk_time_interval => interval '1 day',
    create_default_indexes => false);
)sql";

// Hashes, not random(): the same rows whatever the plan.
std::string insert_rows(std::int64_t first, std::int64_t last) {
    return "insert into metrics select timestamptz '2026-01-01 00:00:00+00' +"
           " (g / 100) * interval '10 seconds', g % 100,"
           " (abs(hashint8(g)) % 100000) / 1000.0::float8,"
           " 40 + (abs(hashint8(g / 3)) % 4000) / 100.0::float8,"
           " 20 + (abs(hashint8(g + 7)) % 150000) / 10000.0::float8,"
           " abs(hashint8(g / 2)) % 5000,"
           " (array['ok', 'ok', 'ok', 'warning', 'degraded'])[1 + abs(hashint8(g / 50)) % 5]"
           " from generate_series(" +
           std::to_string(first) + ", " + std::to_string(last) + ") g";
}

void append_settings(const PgServer& server, const std::string& lines) {
    const auto file = server.data() / "postgresql.conf";
    test::write_file(file, test::read_file(file) + lines);
}

void fill_metrics(PgServer& server, std::int64_t rows) {
    server.query(plain_table);
    if (server.version() == PgVersion::pg17) server.query(hypertable);
    // A day at a time: a chunk that is made and filled in one transaction needs no WAL.
    for (std::int64_t first = 0; first < rows; first += rows_per_day) {
        server.query(insert_rows(first, std::min(first + rows_per_day, rows) - 1));
    }
    server.query("create index on metrics (device, time desc)");
}

void fill_pgbench(PgServer& server, int scale) {
    test::must_run({server.program("pgbench"), "--initialize", "--init-steps=dtGp", "--quiet",
                    "--scale=" + std::to_string(scale), server.connection()},
                   patient_options());
}

}  // namespace

PgVersion bench_version() {
    static const PgVersion version = [] {
        if (test::have_server(PgVersion::pg17)) return PgVersion::pg17;
        std::cerr << "*** bench: no PostgreSQL 17 with TimescaleDB: on PostgreSQL 15, without a"
                     " hypertable ***\n";
        return PgVersion::pg15;
    }();
    return version;
}

std::unique_ptr<PgServer> make_dataset(int size_mb) {
    const double bytes = static_cast<double>(size_mb) * (1 << 20);
    const std::vector<std::string> settings{
        "shared_buffers = 256MB", "maintenance_work_mem = 256MB", "checkpoint_timeout = 1h",
        "max_wal_size = 64GB",    "synchronous_commit = off",     "wal_level = minimal",
        "max_wal_senders = 0"};
    auto server = std::make_unique<PgServer>(bench_version(), settings);
    server->start();
    fill_metrics(*server, static_cast<std::int64_t>(bytes * metrics_share / bytes_per_metric));
    fill_pgbench(*server,
                 std::max(1, static_cast<int>(bytes * (1 - metrics_share) / bytes_per_scale)));
    server->query("vacuum analyze");
    server->stop();
    append_settings(*server, "wal_level = replica\nmax_wal_senders = 8\n");
    server->start();
    server->query("checkpoint");
    sync();
    return server;
}

}  // namespace tsb::bench

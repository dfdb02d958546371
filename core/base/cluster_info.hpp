// Facts about a source cluster that the replication client learns, the repository stores and the
// daemon shows. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/lsn.hpp"

namespace tsb {

struct TablespaceInfo {
    std::uint32_t oid = 0;
    std::string location;          // absolute path on the source; relative: in-place tablespace
    std::uint64_t size_bytes = 0;  // the server's estimate before the copy
};

struct ExtensionInfo {
    std::string name;
    std::string version;
    std::uint32_t xid = 0;  // of the transaction that wrote this last; 0: unknown
};

/// What a database holds, as its catalogue counts it.
struct DatabaseContents {
    std::uint64_t tables = 0;          // ordinary and partitioned, none of the server's or of
                                       // TimescaleDB's own
    std::uint64_t estimated_rows = 0;  // of tables and chunks, by the last VACUUM or ANALYZE
    std::uint64_t hypertables = 0;
    std::uint64_t chunks = 0;
    std::uint64_t continuous_aggregates = 0;
    std::uint64_t jobs = 0;                 // TimescaleDB's, without those of its own making
    std::uint64_t policies = 0;             // among the jobs
    std::vector<ExtensionInfo> extensions;  // by name
};

struct DatabaseInfo {
    std::string name;
    std::uint64_t size_bytes = 0;
    std::string collation;            // "en_US.UTF-8 (libc 2.36)"; empty when unknown
    std::string timescaledb_version;  // empty: extension not installed
    std::string timescaledb_license;  // "timescale", "apache"
    std::string problem;              // why the database could not be asked; empty when it could
    std::uint32_t xid = 0;            // of the transaction that wrote its row last; 0: unknown
    std::optional<DatabaseContents> contents = {};  // nothing: could not be asked, or not recorded
};

struct WalRange {
    Timeline timeline = 0;
    Lsn start;
    Lsn end;
};

}  // namespace tsb

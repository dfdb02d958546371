// Facts about a source cluster that the replication client learns, the repository stores and the
// daemon shows. Plain data.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/lsn.hpp"

namespace tsb {

struct TablespaceInfo {
    std::uint32_t oid = 0;
    std::string location;          // absolute path on the source; relative: in-place tablespace
    std::uint64_t size_bytes = 0;  // the server's estimate before the copy
};

struct DatabaseInfo {
    std::string name;
    std::uint64_t size_bytes = 0;
    std::string collation;            // "en_US.UTF-8 (libc 2.36)"; empty when unknown
    std::string timescaledb_version;  // empty: extension not installed
    std::string timescaledb_license;  // "timescale", "apache"
    std::string problem;              // why the database could not be asked; empty when it could
};

struct WalRange {
    Timeline timeline = 0;
    Lsn start;
    Lsn end;
};

}  // namespace tsb

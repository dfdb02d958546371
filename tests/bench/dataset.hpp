// The cluster that is backed up: for 70 % a hypertable of metrics with one index, for 30 % the
// tables of pgbench. Equal sizes give equal rows; gzip 6 makes it about 4.8 times smaller, zstd 3
// about 6.4 times, lz4 1 about 3.3 times.
#pragma once

#include <memory>

#include "tests/support/server.hpp"

namespace tsb::bench {

/// 17 when it is here, else 15; the fallback is named on stderr.
test::PgVersion bench_version();

/// A running server with about `size_mb` MiB, everything checkpointed and on the disk.
std::unique_ptr<test::PgServer> make_dataset(int size_mb);

}  // namespace tsb::bench

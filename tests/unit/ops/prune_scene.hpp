// A repository with backups as retention looks at them: small, with stop times and servers that a
// test chooses.
#pragma once

#include <string>
#include <vector>

#include "core/ops/prune.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/repo/sample.hpp"

namespace tsb::test {

/// Commits a backup of "main" that ended at 03:00 UTC of `day` ("2026-11-20"); its id.
std::string add_backup(Repository& repository, const std::string& day,
                       std::uint64_t system_identifier = 1);
/// One a day from 2026-11-01, `count` of them; their ids.
std::vector<std::string> add_days(Repository& repository, unsigned count);

RetentionPolicy keep_last(unsigned count);
/// On 2026-12-01, for cluster "main".
PruneReport prune(Repository& repository, const RetentionPolicy& policy,
                  const std::stop_token& stop = {});

}  // namespace tsb::test

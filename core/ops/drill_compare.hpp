// What differs between a database as it was recorded at a backup and as a drill found it; what that
// means, drill_checks.hpp says. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cluster_info.hpp"
#include "core/ops/drill.hpp"

namespace tsb {

struct Difference {
    std::string text;       // one line that names the database
    std::uint32_t xid = 0;  // of who wrote what was recorded; 0: unknown, or it does not matter
};

/// Of a database that is not there.
Difference missing_database(const DatabaseInfo& recorded);
/// Of one that nobody can connect to any more. What was recorded is then an older or a newer one.
Difference half_dropped_database(const DatabaseInfo& recorded);

/// Nothing of a database that could not be asked at the backup.
std::vector<Difference> differences(const DrilledDatabase& found, const DatabaseInfo& recorded);

/// The transaction `xid` with its epoch, as seen from `next`, the first one that was not yet begun;
/// nothing when it came later.
std::optional<std::uint64_t> full_xid(std::uint64_t next, std::uint32_t xid);

}  // namespace tsb

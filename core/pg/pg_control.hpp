// global/pg_control: reading it and invalidating its checkpoint (I5), so that a restored cluster
// whose backup_label was removed refuses to start. Layout: pg_control.h of PostgreSQL 13 to 18
// (control versions 1300, 1700, 1800) as 64-bit little-endian servers write it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/lsn.hpp"

namespace tsb {

inline constexpr const char* pg_control_path = "global/pg_control";

struct PgControl {
    std::uint64_t system_identifier = 0;
    std::uint32_t control_version = 0;
    std::uint32_t catalog_version = 0;
    Lsn checkpoint;
    Lsn min_recovery_point;  // 0/0 when it was not recovering
};

/// Error{damaged} when too short or its CRC-32C does not match; Error{version_mismatch} for a
/// control version not in the list. Thread: any.
PgControl parse_pg_control(Bytes file);
/// Sets the checkpoint position to 0/DEAD and recomputes the CRC. Errors as parse_pg_control.
void invalidate_checkpoint(std::vector<std::byte>& file);

}  // namespace tsb

// tablespace_map: lines "<oid> <location>", from which the server makes the links of pg_tblspc when
// recovery begins. Source: xlogrecovery.c, read_tablespace_map (PostgreSQL 13 to 18).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tsb {

/// `map_file` with the locations of `locations` (by oid) in place of its own; lines of other oids
/// stay. Error{damaged} when it is malformed. Pure.
std::string relocated_tablespace_map(std::string_view map_file,
                                     const std::map<std::uint32_t, std::string>& locations);

}  // namespace tsb

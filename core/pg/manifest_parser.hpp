// Reads the JSON of a backup manifest as events, so that memory is that of the result. Strict:
// versions 1 and 2, every key known and at most once, every value of its type and in bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/pg/manifest.hpp"

namespace tsb {

struct ParsedManifest {
    FileTable files;  // in the manifest's order
    std::vector<WalRange> wal_ranges;
    std::optional<std::uint64_t> system_identifier;
};

/// Parses to the end of `source` and checks the manifest's own digest. Error{damaged} naming
/// `name` and the line. Thread: worker (blocks).
ParsedManifest parse_manifest(ByteSource& source, const std::string& name);

}  // namespace tsb

// One backup of a listing.
#pragma once

#include <memory>
#include <string>

#include "core/repo/backup_notes.hpp"
#include "core/repo/metadata.hpp"

namespace tsb {

/// One directory of backups/: listed whole, or broken with the reason why.
struct BackupEntry {
    std::string cluster;
    std::string id;
    std::shared_ptr<const Metadata> metadata;  // nothing: broken
    std::string problem;                       // empty unless broken
    BackupNotes notes;

    /// Not broken, and not found damaged by its last verification. Notes that cannot be read say
    /// nothing against a backup: like one never verified it may be restored, which proves it.
    bool good() const { return metadata != nullptr && !notes.found_damaged(); }
    /// Why it is not good, for a person; empty when it is.
    std::string why_not_good() const;
};

}  // namespace tsb

#include "core/repo/backup_entry.hpp"

#include "core/base/error.hpp"

namespace tsb {

std::string BackupEntry::why_not_good() const {
    if (metadata == nullptr) return problem;
    if (!notes.found_damaged()) return {};
    return "the verification of " + to_iso8601(notes.verification->at) +
           " found it damaged: " + printable(notes.verification->problems);
}

}  // namespace tsb

// What is known of a backup besides what it holds: that somebody keeps it, and what its last
// verification and its last drill found. Stored beside the backup, in <cluster>/notes/<backup
// id>.json, since nothing inside a committed backup is ever changed. Like metadata.json the file
// ends with its checksum.
//
// Keeps I3: notes that cannot be read count as a pin, because a pin may be what cannot be read.
// Not to be confused with RESTORE.txt, the notes for a person who restores by hand.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"

namespace tsb {

/// Somebody keeps the backup: it is not removed before the pin is taken away.
struct Pin {
    std::string reason;
    uid_t by_uid = 0;
    SystemTime at;
    bool operator==(const Pin&) const = default;
};

enum class VerificationOutcome { good, damaged };
std::string_view to_string(VerificationOutcome outcome);
std::optional<VerificationOutcome> parse_verification_outcome(std::string_view text);

/// What the last verification of the backup found.
struct VerificationResult {
    SystemTime at;
    VerificationOutcome outcome = VerificationOutcome::good;
    std::string problems;  // the first ones; stored are at most largest_problems bytes
    std::string job_id;
    bool operator==(const VerificationResult&) const = default;
};

/// What the last drill of the backup found. A drill that failed does not make a backup a bad one:
/// what it found may have been in the cluster already.
struct DrillResult {
    SystemTime at;
    std::uint64_t restored_ms = 0;   // until there was a directory to start on
    std::uint64_t recovered_ms = 0;  // from then until writes were accepted; 0: never
    std::string problems;            // the first ones, as of a verification; empty: it passed
    std::string job_id;
    bool operator==(const DrillResult&) const = default;
};

struct BackupNotes {
    std::optional<Pin> pin;
    std::optional<VerificationResult> verification;
    std::optional<DrillResult> drill;
    std::string problem;  // why the file cannot be read; empty when it can, or there is none

    bool pinned() const { return pin || !problem.empty(); }
    /// Nothing that would have to be stored.
    bool empty() const { return !pin && !verification && !drill; }
    bool found_damaged() const {
        return verification && verification->outcome == VerificationOutcome::damaged;
    }
    bool operator==(const BackupNotes&) const = default;
};

inline constexpr std::size_t largest_pin_reason = 1000;  // bytes
inline constexpr std::size_t largest_problems = 4096;    // bytes
inline constexpr std::uint64_t largest_notes = 64 * 1024;

/// The text of a notes file of at most largest_notes bytes; `problem` is not stored. Thread: any.
std::string encode_notes(const BackupNotes& notes, const std::string& cluster,
                         const std::string& id);
/// The inverse, from untrusted text; Error{damaged} when anything is missing or malformed, the
/// checksum does not match, or they are the notes of another backup. Thread: any.
BackupNotes decode_notes(std::string_view text, const std::string& cluster, const std::string& id);

}  // namespace tsb

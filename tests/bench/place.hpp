// Where the bench makes everything: on a disk, since the time a sync takes is a part of what is
// measured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace tsb::bench {

/// `chosen`, or when it is empty the first of $TMPDIR, /tmp and /var/tmp on a disk. Makes the rig's
/// scratch directories appear there. Throws when it is in memory or has less than `needed` bytes.
/// To be called before the first Scratch.
std::filesystem::path settle_on_place(const std::string& chosen, std::uint64_t needed);

/// "ext4", "xfs"; the number when it is neither of the usual ones.
std::string file_system_of(const std::filesystem::path& path);

/// Sum of the sizes of all files in and beneath `path`.
std::uint64_t tree_bytes(const std::filesystem::path& path);

}  // namespace tsb::bench

// The directory in which one drill works: `drill-<backup id>` in the place given for drills.
//
// Keeps: it is locked as long as the drill lives and marked as ours before anything else is in it;
// it is removed by the destructor at the latest. What a killed drill left is known by its name, its
// marker and its free lock, and removed by the next one; nothing else ever is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fs.hpp"
#include "core/io/extractor.hpp"

namespace tsb {

inline constexpr const char* drill_marker = "tsbackup_drill";

/// "drill-<backup id>"; and whether a name is of that form. Pure.
std::string drill_directory_name(std::string_view backup_id);
bool is_drill_directory_name(std::string_view name);

/// Removes what killed drills left in `place` (missing is fine); their names. What cannot be
/// removed is left and logged. Thread: worker (blocks).
std::vector<std::string> remove_drill_leftovers(Fs& fs, const std::filesystem::path& place);

/// Thread: worker (blocks), one at a time.
class DrillScratch {
public:
    /// Makes the directory, and `place` when only that is missing; both are given to `owner`.
    /// Error{target_not_empty} when something else has that name, Error{busy} when another drill of
    /// the backup is under way.
    DrillScratch(Fs& fs, const std::filesystem::path& place, const std::string& backup_id,
                 const std::optional<FileOwner>& owner);
    ~DrillScratch();
    DrillScratch(const DrillScratch&) = delete;

    std::filesystem::path data() const { return path_ / "data"; }
    std::filesystem::path run() const { return path_ / "run"; }
    std::filesystem::path tablespace(std::uint32_t oid) const {
        return path_ / std::to_string(oid);
    }
    /// Removes all of it. Error{io}. Idempotent.
    void remove();

private:
    void make_place();
    void give(const Fd& made);

    Fs& fs_;
    const std::filesystem::path place_;
    const std::string name_;
    const std::filesystem::path path_;
    const std::optional<FileOwner> owner_;
    Fd place_directory_;
    Fd directory_;  // holds the lock
};

}  // namespace tsb

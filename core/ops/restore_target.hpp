// A directory that a restore fills: the data directory or one tablespace. It is locked while the
// restore runs and marked until it is whole, so that what a killed restore left can be told from
// anything else and be replaced by the next restore.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.hpp"
#include "core/io/extractor.hpp"

namespace tsb {

/// Name of the marker; PostgreSQL does not mind it.
inline constexpr const char* restore_marker = "tsbackup_restore_in_progress";

/// Error{target_not_empty} when `path` is neither missing nor empty nor what a killed restore into
/// `data_directory` left there, Error{busy} when one fills it, Error{io} when this process may not
/// write there. `path` is a tablespace of that directory, or the directory itself. Changes nothing.
/// Thread: worker (blocks).
void require_usable_target(Fs& fs, const std::filesystem::path& path,
                           const std::filesystem::path& data_directory);

/// Thread: worker (blocks).
class RestoreTarget {
public:
    /// Creates `path` with its missing parents, or opens it when it is empty or what a killed
    /// restore left; takes its lock. Nothing in it is changed yet. Error{target_not_empty}
    /// otherwise, Error{busy} when another restore holds it. `path` is a tablespace of
    /// `data_directory`, or that directory itself.
    RestoreTarget(Fs& fs, const std::filesystem::path& path,
                  const std::filesystem::path& data_directory, std::optional<FileOwner> owner);
    /// Removes everything it was filled with, unless keep() was called; and the directory, when it
    /// was made here.
    ~RestoreTarget();
    RestoreTarget(const RestoreTarget&) = delete;

    /// Removes leftovers and writes the marker, synced. From here on the directory is ours.
    void claim();
    /// Writes a new file (0600, owner), synced and closed. Its directory is not synced.
    void write_file(const std::string& path, Bytes bytes);
    /// Syncs the directory `path` beneath the target; "." is the target itself.
    void sync(const std::string& path);
    /// The restore is whole: from here on nothing is removed, whatever fails.
    void keep() noexcept;
    /// Removes the marker: the directory belongs to PostgreSQL. Call after keep().
    void release();

    int fd() const { return directory_.get(); }
    const std::filesystem::path& path() const { return path_; }

private:
    void open_with_context();
    void open_or_create();
    void create(const std::filesystem::path& directory);
    void clear();
    void discard() noexcept;

    Fs& fs_;
    const std::filesystem::path path_;
    const std::filesystem::path data_directory_;
    const std::optional<FileOwner> owner_;
    Fd directory_;
    std::vector<std::filesystem::path> created_;  // outermost first
    bool claimed_ = false;
};

}  // namespace tsb

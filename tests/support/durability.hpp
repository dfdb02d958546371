// A model of what is durable: for each file how many bytes were synced, for each directory which
// changes were. Harsher than today's file systems, as POSIX allows: a new file's name is durable
// only when its directory was synced. A rename is never half undone: it stays once either of its
// directories was synced, but is reported until both were; one that replaced a file brings that
// file back when it is undone. Removals are only reported.
#pragma once

#include <sys/types.h>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tsb::test {

struct NodeId {
    dev_t device = 0;
    ino_t inode = 0;
    auto operator<=>(const NodeId&) const = default;
};

/// The node behind an open descriptor or a name; {} when there is none.
NodeId node_of(int fd);
NodeId node_of(int parent, const std::string& path);

class Durability {
public:
    void root_opened(const std::filesystem::path& path);
    void file_written(int fd);
    /// Call before the sync: a second one after a failure is noted.
    void sync_begins(int fd);
    void synced(int fd);
    /// Of a regular file. A directory stays in use whatever its sync said, so it is not noted.
    void sync_failed(int fd);
    /// A lock file: what is written in it is only for messages and need not be durable.
    void lock_file_opened(int fd);
    void entry_made(int parent, const std::string& path);
    /// `node` is what the name stood for.
    void entry_removed(int parent, const std::string& path, NodeId node);
    /// Call before a rename: what a file that it replaces holds durably; nothing when none is
    /// there.
    std::optional<std::string> durable_content(int parent, const std::string& path) const;
    void exchanged(int from_parent, const std::string& from, int to_parent, const std::string& to);
    void renamed(int from_parent, const std::string& from, int to_parent, const std::string& to,
                 std::optional<std::string> replaced);

    std::vector<std::string> unsynced() const;
    std::vector<std::string> synced_after_failure() const { return synced_after_failure_; }
    void lose_unsynced();

private:
    struct Change {
        enum class Kind { made, removed, renamed, exchanged } kind;
        NodeId directory;  // where `name` is (made, renamed) or was (removed)
        std::string name;
        bool pending = true;         // `directory` was not synced since
        NodeId from_directory = {};  // renamed only, as the next two
        std::string from_name = {};
        bool from_pending = false;
        std::optional<std::string> replaced = {};  // what the name stood for before
    };
    void undo(const Change& change, const std::map<NodeId, std::filesystem::path>& where) const;

    std::set<std::filesystem::path> roots_;
    std::map<NodeId, std::uint64_t> synced_bytes_;  // of files that hold more than that
    std::vector<Change> changes_;                   // oldest first
    std::set<NodeId> failed_;
    std::set<NodeId> lock_files_;
    std::vector<std::string> synced_after_failure_;
};

}  // namespace tsb::test

#include "tests/support/durability.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <cstdio>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace tsb::test {
namespace fs = std::filesystem;

namespace {

struct Parts {
    NodeId directory;
    std::string name;
};

Parts parts_of(int parent, const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {node_of(parent), path};
    return {node_of(parent, path.substr(0, slash)), path.substr(slash + 1)};
}

NodeId to_node(int result, const struct stat& raw) {
    return result == 0 ? NodeId{raw.st_dev, raw.st_ino} : NodeId{};
}

bool lies_below(const fs::path& path, const fs::path& directory) {
    const fs::path relative = path.lexically_relative(directory);
    return !relative.empty() && *relative.begin() != "..";
}

std::map<NodeId, fs::path> nodes_below(const std::set<fs::path>& roots) {
    std::map<NodeId, fs::path> where;
    fs::path walked;
    for (const fs::path& root : roots) {
        // In the set a directory comes before what is beneath it. A root may be gone by now.
        if ((!walked.empty() && lies_below(root, walked)) || !fs::exists(root)) continue;
        walked = root;
        where[node_of(AT_FDCWD, root.string())] = root;
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            where[node_of(AT_FDCWD, entry.path().string())] = entry.path();
        }
    }
    return where;
}

std::string link_of(int fd) {
    std::error_code ignored;
    return fs::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored).string();
}

}  // namespace

NodeId node_of(int fd) {
    struct stat raw {};
    const int result = ::fstat(fd, &raw);
    return to_node(result, raw);
}

NodeId node_of(int parent, const std::string& path) {
    struct stat raw {};
    const int result = ::fstatat(parent, path.c_str(), &raw, AT_SYMLINK_NOFOLLOW);
    return to_node(result, raw);
}

void Durability::root_opened(const fs::path& path) {
    roots_.insert(fs::absolute(path));
}

void Durability::file_written(int fd) {
    struct stat raw {};
    if (::fstat(fd, &raw) != 0 || lock_files_.contains({raw.st_dev, raw.st_ino})) return;
    // An old file (a lock, a history) was durable up to here; emplace keeps an earlier mark.
    synced_bytes_.emplace(NodeId{raw.st_dev, raw.st_ino}, static_cast<std::uint64_t>(raw.st_size));
}

void Durability::sync_begins(int fd) {
    if (failed_.contains(node_of(fd))) synced_after_failure_.push_back(link_of(fd));
}

void Durability::synced(int fd) {
    const NodeId node = node_of(fd);
    synced_bytes_.erase(node);
    for (Change& change : changes_) {
        if (change.directory == node) change.pending = false;
        if (change.from_directory == node) change.from_pending = false;
    }
    std::erase_if(changes_,
                  [](const Change& change) { return !change.pending && !change.from_pending; });
}

void Durability::sync_failed(int fd) {
    struct stat raw {};
    if (::fstat(fd, &raw) == 0 && S_ISREG(raw.st_mode)) failed_.insert({raw.st_dev, raw.st_ino});
}

void Durability::lock_file_opened(int fd) {
    lock_files_.insert(node_of(fd));
}

void Durability::entry_made(int parent, const std::string& path) {
    const Parts at = parts_of(parent, path);
    changes_.push_back({Change::Kind::made, at.directory, at.name});
}

void Durability::entry_removed(int parent, const std::string& path, NodeId node) {
    const Parts at = parts_of(parent, path);
    synced_bytes_.erase(node);
    failed_.erase(node);
    lock_files_.erase(node);
    std::erase_if(changes_, [&](const Change& change) {
        return change.directory == node ||
               (change.directory == at.directory && change.name == at.name);
    });
    changes_.push_back({Change::Kind::removed, at.directory, at.name});
}

std::optional<std::string> Durability::durable_content(int parent, const std::string& path) const {
    struct stat raw {};
    if (::fstatat(parent, path.c_str(), &raw, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    if (!S_ISREG(raw.st_mode)) return std::nullopt;
    std::ifstream file(link_of(parent) + "/" + path, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(file), {});
    const auto synced = synced_bytes_.find({raw.st_dev, raw.st_ino});
    if (synced != synced_bytes_.end()) content.resize(std::min(content.size(), synced->second));
    return content;
}

void Durability::renamed(int from_parent, const std::string& from, int to_parent,
                         const std::string& to, std::optional<std::string> replaced) {
    const Parts source = parts_of(from_parent, from);
    const Parts target = parts_of(to_parent, to);
    changes_.push_back({Change::Kind::renamed, target.directory, target.name, true,
                        source.directory, source.name, true, std::move(replaced)});
}

void Durability::exchanged(int from_parent, const std::string& from, int to_parent,
                           const std::string& to) {
    const Parts source = parts_of(from_parent, from);
    const Parts target = parts_of(to_parent, to);
    changes_.push_back({Change::Kind::exchanged, target.directory, target.name, true,
                        source.directory, source.name, true, std::nullopt});
}

std::vector<std::string> Durability::unsynced() const {
    std::map<NodeId, fs::path> where = nodes_below(roots_);
    std::vector<std::string> found;
    for (const auto& [node, bytes] : synced_bytes_) {
        const auto at = where.find(node);
        if (at != where.end()) found.push_back("file " + at->second.string());
    }
    for (const Change& change : changes_) {
        const auto report = [&](NodeId directory, const std::string& name) {
            const auto at = where.find(directory);
            if (at != where.end()) found.push_back("entry " + (at->second / name).string());
        };
        if (change.pending) report(change.directory, change.name);
        if (change.from_pending) report(change.from_directory, change.from_name);
    }
    return found;
}

void Durability::undo(const Change& change, const std::map<NodeId, fs::path>& where) const {
    const auto directory = where.find(change.directory);
    if (directory == where.end() || !change.pending) return;
    const fs::path path = directory->second / change.name;
    std::error_code ignored;
    if (change.kind == Change::Kind::made) fs::remove_all(path, ignored);
    if (change.kind != Change::Kind::made && change.from_pending) {
        const auto from = where.find(change.from_directory);
        if (from == where.end()) return;
        if (change.kind == Change::Kind::exchanged) {
            const fs::path other = from->second / change.from_name;
            ::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
            return;
        }
        fs::rename(path, from->second / change.from_name, ignored);
        if (change.replaced) std::ofstream(path, std::ios::binary) << *change.replaced;
    }
}

void Durability::lose_unsynced() {
    std::map<NodeId, fs::path> where = nodes_below(roots_);
    for (const auto& [node, bytes] : std::exchange(synced_bytes_, {})) {
        const auto at = where.find(node);
        if (at != where.end()) fs::resize_file(at->second, bytes);
    }
    const std::vector<Change> changes = std::exchange(changes_, {});
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        undo(*change, where);
        if (change->kind == Change::Kind::made || change->kind == Change::Kind::removed) continue;
        // What lies beneath has moved.
        where = nodes_below(roots_);
    }
    failed_.clear();
}

}  // namespace tsb::test

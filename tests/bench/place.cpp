#include "tests/bench/place.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <vector>

namespace tsb::bench {
namespace {

namespace fs = std::filesystem;

constexpr long xfs_magic = 0x58465342;  // not in linux/magic.h

long magic_of(const fs::path& path) {
    struct statfs facts {};
    if (statfs(path.c_str(), &facts) != 0) {
        throw std::runtime_error("cannot look at the file system of " + path.string());
    }
    return static_cast<long>(facts.f_type);
}

bool in_memory(const fs::path& path) {
    const long magic = magic_of(path);
    return magic == TMPFS_MAGIC || magic == RAMFS_MAGIC;
}

fs::path place_for(const std::string& chosen) {
    if (!chosen.empty()) {
        if (in_memory(chosen)) {
            throw std::runtime_error(chosen + " is in memory: a sync must cost what it costs");
        }
        return fs::canonical(chosen);
    }
    const char* set = std::getenv("TMPDIR");
    for (const fs::path candidate : {set != nullptr ? set : "/tmp", "/tmp", "/var/tmp"}) {
        if (fs::is_directory(candidate) && !in_memory(candidate)) return candidate;
    }
    throw std::runtime_error("no temporary directory is on a disk: name one with --scratch");
}

}  // namespace

fs::path settle_on_place(const std::string& chosen, std::uint64_t needed) {
    fs::path place = place_for(chosen);
    const auto available = fs::space(place).available;
    if (available < needed) {
        throw std::runtime_error(place.string() + " has " + std::to_string(available >> 20U) +
                                 " MB free, " + std::to_string(needed >> 20U) + " MB are needed");
    }
    if (setenv("TSB_TEST_DIR", place.c_str(), 1) != 0) {
        throw std::runtime_error("cannot set TSB_TEST_DIR");
    }
    return place;
}

std::string file_system_of(const fs::path& path) {
    const std::map<long, std::string> names = {{EXT4_SUPER_MAGIC, "ext4"},
                                               {xfs_magic, "xfs"},
                                               {BTRFS_SUPER_MAGIC, "btrfs"},
                                               {OVERLAYFS_SUPER_MAGIC, "overlay"}};
    const auto name = names.find(magic_of(path));
    return name == names.end() ? "type " + std::to_string(magic_of(path)) : name->second;
}

std::uint64_t tree_bytes(const fs::path& path) {
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
    }
    return bytes;
}

}  // namespace tsb::bench

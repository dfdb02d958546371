// A small file system in memory, mounted at a directory; needs root.
#pragma once

#include <filesystem>
#include <string>

namespace tsb::test {

/// False, with a warning, for those who may not mount.
bool may_mount();

class SmallDisk {
public:
    /// `size` as mount(8) takes it. The root of the file system belongs to the server's user.
    SmallDisk(std::filesystem::path place, const std::string& size);
    ~SmallDisk() { unmount(); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    void unmount();
    /// Writes until the disk is full, and removes that.
    void fill();
    void make_room();

private:
    std::filesystem::path place_;
    bool mounted_ = true;
};

}  // namespace tsb::test

#include "tests/integration/small_disk.hpp"

#include <sys/mount.h>

#include "tests/support/catch.hpp"
#include "tests/support/command.hpp"
#include "tests/support/scratch.hpp"

namespace tsb::test {

bool may_mount() {
    if (server_user().empty()) WARN("NOT RUN: needs root to mount a small file system");
    return !server_user().empty();
}

SmallDisk::SmallDisk(std::filesystem::path place, const std::string& size)
    : place_(std::move(place)) {
    must_run({"mount", "-t", "tmpfs", "-o", "mode=700,size=" + size, "tsb-test", place_});
    give_to_server_user(place_);
}

void SmallDisk::unmount() {
    if (mounted_) umount2(place_.c_str(), MNT_DETACH);
    mounted_ = false;
}

void SmallDisk::fill() {
    run({"dd", "if=/dev/zero", "of=" + (place_ / "main/filler").string(), "bs=64k"});
}

void SmallDisk::make_room() {
    std::filesystem::remove(place_ / "main/filler");
}

}  // namespace tsb::test

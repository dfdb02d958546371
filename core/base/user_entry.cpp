#include "core/base/user_entry.hpp"

#include <pwd.h>

#include <vector>

namespace tsb {

std::optional<UserEntry> user_entry(uid_t uid) {
    std::vector<char> buffer(16 << 10);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
        return std::nullopt;
    return UserEntry{found->pw_name, found->pw_gid, found->pw_dir};
}

}  // namespace tsb

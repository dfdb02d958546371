// What the system's user database has of a user.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace tsb {

struct UserEntry {
    std::string name;
    gid_t group = 0;
    std::string home;
};

/// By user id; nothing where the database has no such user, or cannot be asked. Thread: any; a
/// database on the network (NSS) may block.
std::optional<UserEntry> user_entry(uid_t uid);

}  // namespace tsb

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "config/values.hpp"
#include "core/base/whole_number.hpp"

namespace tsb {
namespace {

constexpr std::size_t largest_record = 1024 * 1024;  // of the user and group databases

/// Runs getpwnam_r or getgrnam_r with a buffer that grows until the record fits. `into_id` is set
/// when there is such a name; otherwise the result is the cause.
template <class Record, class Lookup, class Id>
ValueResult look_up(const std::string& name, std::string_view what, Lookup lookup, Id Record::*id,
                    std::uint32_t& into_id) {
    std::vector<char> buffer(16 * 1024);
    Record record{};
    Record* found = nullptr;
    int error = lookup(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    while (error == ERANGE && buffer.size() < largest_record) {
        buffer.resize(buffer.size() * 2);
        error = lookup(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    }
    const std::string asked = std::string(what) + " '" + name + "'";
    if (found != nullptr) {
        into_id = record.*id;
        return std::nullopt;
    }
    if (error == 0 || error == ENOENT || error == ESRCH) {
        return ValueProblem{"expected a known name, there is no " + asked, {}};
    }
    return ValueProblem{"cannot look up " + asked + ": " + std::strerror(error), {}};
}

ValueResult resolve(const std::string& text, Principal& principal) {
    constexpr std::string_view user = "user:";
    constexpr std::string_view group = "group:";
    if (text.starts_with(user)) {
        return look_up(text.substr(user.size()), "user", getpwnam_r, &passwd::pw_uid, principal.id);
    }
    if (text.starts_with(group)) {
        principal.group = true;
        return look_up(text.substr(group.size()), "group", getgrnam_r, &::group::gr_gid,
                       principal.id);
    }
    const auto id = parse_whole<std::uint32_t>(text);
    if (!id) return ValueProblem{};
    principal.id = *id;
    return std::nullopt;
}

}  // namespace

ValueResult append_principal(const std::string& text, std::vector<Principal>& into) {
    Principal principal;
    if (auto problem = resolve(text, principal)) return problem;
    // The kernel shows every id that a user namespace does not map as 65534, and -1 is no id.
    if (principal.id == 65534 || principal.id == static_cast<std::uint32_t>(-1)) {
        return ValueProblem{"expected another id, this one stands for unknown users", {}};
    }
    into.push_back(principal);
    return std::nullopt;
}

}  // namespace tsb

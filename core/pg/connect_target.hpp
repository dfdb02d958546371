// The servers a conninfo names, one by one, so that each gets its own deadline: libpq's polling
// interface has none and never leaves an address that does not answer.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tsb {

/// Keywords of a conninfo that were given a value.
using Keywords = std::map<std::string, std::string>;

/// The host keywords of one attempt; an empty value leaves the choice to libpq.
struct ConnectTarget {
    std::string host;
    std::string hostaddr;
    std::string port;
};

/// Splits host, hostaddr and port at their commas. When the lists do not fit together the one
/// target is the whole text, so that libpq words the complaint. Never empty. Pure.
std::vector<ConnectTarget> split_targets(const Keywords& keywords);

/// One target per address of the target's host name; the target itself when it needs no look-up
/// (socket directory, hostaddr given, no host) or the look-up fails, which libpq then words.
/// Thread: worker (blocks in the resolver).
std::vector<ConnectTarget> resolve(const ConnectTarget& target);

}  // namespace tsb

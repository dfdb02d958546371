// What a completion script offers that only the daemon knows: names of backups, clusters and jobs,
// printed one a line for `tsbackupctl --complete WHAT`.
//
// A shell waits for it while a person types: it says nothing when anything goes wrong, ends after
// two seconds whatever the daemon does, and prints no name that a shell would have to quote.
#pragma once

#include <iosfwd>
#include <string>

#include "daemon/wire.hpp"

namespace tsb {

/// The names of `what` ("backups", "clusters" or "jobs") in the daemon's answer to the verb that
/// tells them, one a line, the last first. What is no such answer has none. Thread: any.
std::string names_in(const Json& result, const std::string& what);

/// Asks the daemon and prints them; nothing when `what` is another word or the daemon does not
/// tell. At the deadline it ends the process. Thread: the only one.
void print_completions(const std::string& socket_path, const std::string& what, std::ostream& out);

}  // namespace tsb

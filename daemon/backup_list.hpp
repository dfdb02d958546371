// Backups as lists for clients, with what retention says of each.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/ops/prune.hpp"
#include "daemon/service.hpp"
#include "daemon/verbs.hpp"

namespace tsb {

struct Listed {
    std::vector<BackupEntry> backups;
    std::map<std::string, Verdict> verdicts;  // by backup, of configured clusters
};

enum class WithVerdicts { no, yes };

/// The backups of the cluster `named` (empty: of all), oldest first in each. Error{not_found},
/// {repository_missing}. Thread: worker (reads the disk).
Listed find_backups(Service& service, const std::string& named, WithVerdicts verdicts);

/// Sends all but the last part of a long list to the client, as the list "backups", and gives that
/// one. Thread: loop (describing is done on threads of its own).
boost::asio::awaitable<Json> send_backups(const Listed& listed, SystemTime now,
                                          const EmitEvent& emit);

}  // namespace tsb

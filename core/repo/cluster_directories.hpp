// The directories of one cluster in the repository.
#pragma once

#include <string>

#include "core/base/fs.hpp"

namespace tsb {

/// Makes what is missing of <cluster>/ and the directories in it, durably, and opens
/// <cluster>/. The repository must be locked. Error{usage} for what is no cluster name.
Fd make_cluster_directories(Fs& fs, int root, const std::string& cluster);

}  // namespace tsb

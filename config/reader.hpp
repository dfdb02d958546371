// Walks a file's tree by the option table: stores every value, and notes every unknown or
// duplicate key, every value that its key does not take, and every required key that is missing.
#pragma once

#include "config/config.hpp"
#include "config/findings.hpp"
#include "config/yaml_tree.hpp"

namespace tsb {

/// The configuration that `root` says, complete only when nothing was added to `findings`.
/// Thread: any.
Config read_config_tree(const YamlNode& root, Findings& findings);

}  // namespace tsb

// What a figure means nothing without: the machine it was measured on.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tsb::bench {

std::vector<std::pair<std::string, std::string>> machine_facts(const std::filesystem::path& place);

}  // namespace tsb::bench

#include "tests/bench/facts.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/base/human.hpp"
#include "tests/bench/place.hpp"

namespace tsb::bench {
namespace {

std::string processor() {
    std::ifstream lines("/proc/cpuinfo");
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

std::string memory() {
    return human_size(static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
}

std::string load() {
    double average = 0;
    if (getloadavg(&average, 1) != 1) return "unknown";
    return std::to_string(average).substr(0, 4) + " before the first case";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine_facts(const std::filesystem::path& place) {
    utsname system{};
    uname(&system);
    return {{"machine", processor() + ", " + std::to_string(std::thread::hardware_concurrency()) +
                            " cores, " + memory()},
            {"kernel", system.release},
            {"scratch", file_system_of(place)},
            {"load", load()}};
}

}  // namespace tsb::bench

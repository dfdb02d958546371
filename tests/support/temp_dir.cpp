#include "tests/support/temp_dir.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tsb::test {
namespace {

/// In memory where there is such a place: fault loops sync many thousand times.
std::filesystem::path place() {
    const char* memory = "/dev/shm";
    if (std::getenv("TMPDIR") == nullptr && ::access(memory, W_OK | X_OK) == 0) return memory;
    return std::filesystem::temp_directory_path();
}

}  // namespace

TempDir::TempDir() {
    std::string pattern = (place() / "tsb-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace tsb::test

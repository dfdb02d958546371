#include "tests/support/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "tests/support/command.hpp"

namespace tsb::test {

namespace {

constexpr std::uintmax_t memory_wanted = 6ULL << 30U;

std::string place_for_scratch() {
    if (const char* chosen = std::getenv("TSB_TEST_DIR")) return chosen;
    std::error_code unknown;
    const auto memory = std::filesystem::space("/dev/shm", unknown);
    const bool enough = !unknown && memory.available >= memory_wanted;
    return enough && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

}  // namespace

Scratch::Scratch() {
    static const std::string place = place_for_scratch();
    std::string name = place + "/tsb-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("cannot make a directory in " + place);
    }
    path_ = name;
    chmod(name.c_str(), 0755);
    give_to_server_user(path_);
}

Scratch::~Scratch() {
    if (std::getenv("TSB_KEEP") != nullptr) {
        std::cerr << "kept: " << path_.string() << "\n";
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path Scratch::directory(const std::string& name) const {
    const auto made = path_ / name;
    if (mkdir(made.c_str(), 0700) != 0) throw std::runtime_error("cannot make " + made.string());
    give_to_server_user(made);
    return made;
}

void give_to_server_user(const std::filesystem::path& path, bool recursive) {
    const auto user = server_user();
    if (user.empty()) return;
    Arguments command{"chown", user + ":" + user, path.string()};
    if (recursive) command.insert(command.begin() + 1, "-R");
    must_run(command);
}

}  // namespace tsb::test

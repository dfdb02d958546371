// Tries a fuzz target without libFuzzer, in any build:
//   fuzz_replay_X --runs N        the seeds, and N mutations of each, always the same ones
//   fuzz_replay_X FILE|FOLDER...  these inputs, such as one that broke a rule
//   fuzz_replay_X --write FOLDER  writes the seeds there, for libFuzzer to begin with
// An input that breaks a rule or that a sanitizer stops at is left in the file fuzz-broken-input.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/fuzz/mutate.hpp"
#include "tests/fuzz/target.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::string current;

/// Runs inside a signal handler or a dying sanitizer: system calls only.
void keep_current() {
    constexpr char note[] = "the input is in the file fuzz-broken-input\n";
    const int fd = open("fuzz-broken-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const bool kept = fd >= 0 && write(fd, current.data(), current.size()) >= 0;
    if (kept && write(STDERR_FILENO, note, sizeof note - 1) < 0) return;
    close(fd);
}

void on_abort(int) {
    keep_current();
}

void try_one(std::string input) {
    // A copy of its own, so that a read beyond its end is one beyond an allocation.
    current = std::move(input);
    const std::vector<std::uint8_t> exact(current.begin(), current.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void replay(const fs::path& path) {
    if (!fs::is_directory(path)) return try_one(content_of(path));
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) try_one(content_of(entry.path()));
    }
}

void run(unsigned long runs) {
    const std::vector<std::string> seeds = tsb::fuzz::seeds();
    try_one("");
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        tsb::fuzz::Mutator mutator(seeds, i);
        try_one(seeds[i]);
        for (unsigned long n = 0; n < runs; ++n) try_one(mutator.mutated(seeds[i]));
    }
    std::cout << seeds.size() << " seeds, " << runs << " mutations of each\n";
}

void write_seeds(const fs::path& folder) {
    fs::create_directories(folder);
    const std::vector<std::string> seeds = tsb::fuzz::seeds();
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        std::ofstream(folder / ("seed" + std::to_string(i)), std::ios::binary) << seeds[i];
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGABRT, on_abort);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(keep_current);
#endif
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 2 && words[0] == "--runs") {
        run(std::stoul(words[1]));
    } else if (words.size() == 2 && words[0] == "--write") {
        write_seeds(words[1]);
    } else {
        for (const std::string& word : words) replay(word);
    }
    return 0;
}

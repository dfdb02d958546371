// libFuzzer's entry point, and what happens when a rule is broken.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "tests/fuzz/target.hpp"

namespace tsb::fuzz {

void require(bool holds, std::string_view rule) {
    if (holds) return;
    std::cerr << "broken rule: " << rule << std::endl;
    std::abort();
}

void require_kind(const Error& error, std::initializer_list<ErrorCode> allowed) {
    const bool expected = std::find(allowed.begin(), allowed.end(), error.code()) != allowed.end();
    if (!expected) std::cerr << kind_of(error.code()).name << ": " << error.what() << "\n";
    require(expected, "an error has the kind that the header promises");
    std::string_view text = error.what();
    require(!text.empty(), "an error says what it is");
    // A configuration's findings stand on a line each.
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        require(printable(line) == line, "an error is fit for a terminal");
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
}

}  // namespace tsb::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        tsb::fuzz::try_input({reinterpret_cast<const char*>(data), size});
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        tsb::fuzz::require(false, "only Error is thrown, and the target expects it");
    }
    return 0;
}
